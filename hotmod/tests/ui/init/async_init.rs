#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::init]
async fn new_world(config: &str) -> World {
    World { seed: 0 }
}

fn main() {}
