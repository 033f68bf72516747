#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::init]
fn new_world<T>(config: &str) -> World {
    World { seed: 0 }
}

fn main() {}
