#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

struct Wrong;

#[hotmod::init]
fn new_world(config: &str) -> Result<World, Wrong> {
    Err(Wrong)
}

fn main() {}
