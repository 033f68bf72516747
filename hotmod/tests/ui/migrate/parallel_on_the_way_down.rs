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

#[hotmod::migrate(down, parallel)]
fn world(world: &World) -> OldWorld {
    OldWorld { seed: world.seed as u32 }
}

fn main() {}
