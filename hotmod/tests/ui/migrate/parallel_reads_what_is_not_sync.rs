use std::cell::Cell;

use hotmod::{OldState, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[derive(OldState)]
#[state(id = "World")]
struct OldWorld {
    seed: Cell<u64>,
}

#[hotmod::migrate(parallel)]
fn world(old: &OldWorld) -> World {
    World { seed: old.seed.get() }
}

fn main() {}
