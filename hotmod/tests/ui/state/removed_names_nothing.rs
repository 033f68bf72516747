use hotmod::StableState;

#[derive(StableState)]
#[state(removed())]
struct World {
    seed: u64,
}

fn main() {}
