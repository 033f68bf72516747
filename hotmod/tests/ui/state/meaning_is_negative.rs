use hotmod::StableState;

#[derive(StableState)]
#[state(meaning = -1)]
struct World {
    seed: u64,
}

fn main() {}
