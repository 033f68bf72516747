use hotmod::StableState;

#[derive(StableState)]
#[state]
struct World {
    seed: u64,
}

fn main() {}
