use hotmod::StableState;

#[derive(StableState)]
#[state(id)]
struct World {
    seed: u64,
}

fn main() {}
