use hotmod::{StableState, VersionInfo};

#[derive(StableState)]
struct World {
    seed: u64,
}

struct Unfit;

#[hotmod::after_migrate]
fn check(_world: &World, _from: &VersionInfo<'_>) -> Result<(), Unfit> {
    Err(Unfit)
}

fn main() {}
