//! A macro named `derive`, as the compiler's own, below the derive.

use hotmod::StableState;
use hotmod_meddling::becomes as derive;

#[::core::prelude::v1::derive(StableState)]
#[derive(
    #[repr(C)]
    enum Choice {
        Wide(u64),
        Narrow(u32),
    }
)]
enum Choice {
    Wide(u64),
    Narrow(u32),
}

fn main() {}
