use hotmod::{StableState, VersionInfo};

#[derive(StableState)]
struct World {
    seed: u64,
}

struct Other;

#[hotmod::after_migrate]
fn check(_world: &Other, _from: &VersionInfo<'_>) -> Result<(), String> {
    Ok(())
}

fn main() {}
