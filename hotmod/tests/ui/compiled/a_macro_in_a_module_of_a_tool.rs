//! A macro in a module that bears the name of a tool, below the derive.

use hotmod::StableState;

mod rustfmt {
    pub use hotmod_meddling::becomes as skip;
}

#[derive(StableState)]
#[rustfmt::skip(
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
