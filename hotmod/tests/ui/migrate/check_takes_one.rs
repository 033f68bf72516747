use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::after_migrate]
fn check(_world: &World) -> Result<(), String> {
    Ok(())
}

fn main() {}
