use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, skip)]
    seed: u64,
}

fn main() {}
