//! Calls a function of its host, as often as it is told to.

use std::hint::black_box;

hotmod::module! { name: "imports", version: env!("CARGO_PKG_VERSION") }

#[hotmod::import]
fn add(a: u32, b: u32) -> u32;

#[hotmod::import]
fn measure(text: &str, values: Vec<u32>) -> u64;

/// So many calls of `add`.
#[hotmod::export]
pub fn added(calls: u32) -> u32 {
    (0..calls).fold(0, |sum, i| sum.wrapping_add(add(black_box(i), i)))
}

/// So many calls of `measure`, which takes a text and a vector.
#[hotmod::export]
pub fn measured(calls: u32) -> u64 {
    (0..calls).fold(0, |sum, i| sum + measure("für Ada", vec![i; 4]))
}

/// The same as `added` without hotmod.
// SAFETY: nothing else is exported under this name.
#[unsafe(no_mangle)]
pub extern "C" fn bare_added(calls: u32, add: extern "C" fn(u32, u32) -> u32) -> u32 {
    // As an import, it is only known when it runs.
    let add = black_box(add);
    (0..calls).fold(0, |sum, i| sum.wrapping_add(add(black_box(i), i)))
}
