use hotmod::{Old, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::migrate]
fn world(_old: &Old<'_>) -> Option<World> {
    None
}

fn main() {}
