use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::preflight]
fn tick(_world: &mut World) -> bool {
    true
}

fn main() {}
