use hotmod::{StableState, VersionInfo};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::after_migrate]
fn check(_world: &World, _from: &VersionInfo<'_>) -> bool {
    true
}

fn main() {}
