use hotmod::StableState;

#[derive(StableState)]
#[state(removed(seed))]
struct World {
    seed: u64,
}

fn main() {}
