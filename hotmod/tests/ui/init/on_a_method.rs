#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

impl World {
    #[hotmod::init]
    fn new(&self) -> World {
        World { seed: 0 }
    }
}

fn main() {}
