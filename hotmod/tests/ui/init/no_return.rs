#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::init]
fn new_world(config: &str) {}

fn main() {}
