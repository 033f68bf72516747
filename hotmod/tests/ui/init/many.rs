#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::init]
async fn new_world<T>(config: *const u8, seed: u64) {}

fn main() {}
