use hotmod::StableState;

#[derive(StableState)]
#[state(removed("a seed"))]
struct World {
    seed: u64,
}

fn main() {}
