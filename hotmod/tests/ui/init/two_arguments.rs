#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::init]
fn new_world(config: &str, seed: u64) -> World {
    World { seed }
}

fn main() {}
