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
fn world(world: &World) -> Option<OldWorld> {
    Some(OldWorld { seed: world.seed as u32 })
}

fn main() {}
