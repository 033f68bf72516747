#![forbid(unsafe_code)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque))]
    alignment: std::fmt::Alignment,
}

fn main() {}
