use hotmod::{StableState, VersionInfo};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::after_migrate]
fn check(_world: &mut World, _from: &VersionInfo<'_>) -> Result<(), String> {
    Ok(())
}

fn main() {}
