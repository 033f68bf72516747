use hotmod::{Old, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::migrate]
fn world(_old: &Old<'_>, _more: &Old<'_>) -> World {
    World { seed: 3 }
}

fn main() {}
