use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip = true)]
    seed: u64,
}

fn main() {}
