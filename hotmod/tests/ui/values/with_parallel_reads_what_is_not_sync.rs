use std::cell::Cell;

use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = seed, parallel)]
    seed: u64,
}

fn seed(old: &Cell<u64>) -> u64 {
    old.replace(0)
}

fn main() {}
