//! Calls a function of another module, as often as it is told to.

use std::hint::black_box;

hotmod::module! { name: "users", version: env!("CARGO_PKG_VERSION") }

#[hotmod::import(module = "calls")]
fn add(a: u32, b: u32) -> u32;

/// So many calls of `add`.
#[hotmod::export]
pub fn added(calls: u32) -> u32 {
    (0..calls).fold(0, |sum, i| sum.wrapping_add(add(black_box(i), i)))
}
