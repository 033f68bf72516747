use hotmod::{Old, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

struct Unfit;

#[hotmod::migrate]
fn world(_old: &Old<'_>) -> Result<World, Unfit> {
    Err(Unfit)
}

fn main() {}
