use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::migrate]
fn world() -> World {
    World { seed: 3 }
}

fn main() {}
