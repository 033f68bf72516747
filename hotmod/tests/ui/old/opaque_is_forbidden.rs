#![forbid(unsafe_code)]

use hotmod::OldState;

#[derive(OldState)]
struct OldWorld {
    #[state(unsafe(opaque))]
    alignment: std::fmt::Alignment,
}

fn main() {}
