use hotmod::{Old, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::migrate(name = "world")]
fn world(_old: &Old<'_>) -> World {
    World { seed: 3 }
}

fn main() {}
