use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::preflight]
fn tick(_world: &World) -> Result<(), String> {
    Ok(())
}

fn main() {}
