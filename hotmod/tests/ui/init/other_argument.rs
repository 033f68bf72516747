#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::init]
fn new_world(seed: u64) -> World {
    World { seed }
}

fn main() {}
