//! A function that panics, and what of that is unwinding.

use std::hint::black_box;
use std::panic;

hotmod::module! { name: "panics", version: env!("CARGO_PKG_VERSION") }

#[inline(never)]
fn down(depth: u32, end: fn()) -> u32 {
    match black_box(depth) {
        0 => {
            end();
            0
        }
        depth => down(depth - 1, end) + 1,
    }
}

/// Panics so many functions down.
#[hotmod::export]
pub fn panics(depth: u32) -> u32 {
    down(depth, || panic!("it is over"))
}

/// Unwinds as many: a panic without the hook, caught where the shim of an export catches one.
#[hotmod::export]
pub fn unwinds(depth: u32) -> bool {
    let end = || panic::resume_unwind(Box::new("it is over"));
    panic::catch_unwind(|| down(depth, end)).is_err()
}
