use hotmod::{OldState, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[derive(OldState)]
#[state(id = "World")]
struct OldWorld {
    seed: u32,
}

#[hotmod::migrate(down)]
fn world(seeds: &Vec<u64>) -> OldWorld {
    OldWorld { seed: seeds.len() as u32 }
}

fn main() {}
