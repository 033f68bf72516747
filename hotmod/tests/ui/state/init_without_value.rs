use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, init)]
    seed: u64,
}

fn main() {}
