use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::migrate]
fn world(_old: &World) -> World {
    World { seed: 3 }
}

fn main() {}
