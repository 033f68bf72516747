use hotmod::StableState;

#[derive(StableState)]
#[state(version = 2)]
struct World {
    seed: u64,
}

fn main() {}
