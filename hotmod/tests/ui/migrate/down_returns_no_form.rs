use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

struct OldWorld {
    seed: u32,
}

#[hotmod::migrate(down)]
fn world(world: &World) -> Result<OldWorld, String> {
    Ok(OldWorld { seed: world.seed as u32 })
}

fn main() {}
