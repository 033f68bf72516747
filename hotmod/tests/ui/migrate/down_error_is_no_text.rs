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

struct Unfit;

#[hotmod::migrate(down)]
fn world(_: &World) -> Result<OldWorld, Unfit> {
    Err(Unfit)
}

fn main() {}
