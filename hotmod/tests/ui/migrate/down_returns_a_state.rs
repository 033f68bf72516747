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
fn world(world: &World) -> World {
    World { seed: world.seed }
}

fn main() {}
