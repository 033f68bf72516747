use hotmod::{Old, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::migrate]
fn world(old: &Old<'_>) -> Result<World, String> {
    let old: &World = old.read()?;
    Ok(World { seed: old.seed })
}

fn main() {}
