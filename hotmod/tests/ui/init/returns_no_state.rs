#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::init]
fn new_world(config: &str) -> u64 {
    0
}

fn main() {}
