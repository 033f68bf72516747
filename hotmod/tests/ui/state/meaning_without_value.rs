use hotmod::StableState;

#[derive(StableState)]
#[state(meaning)]
struct World {
    seed: u64,
}

fn main() {}
