use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(default was = "old")]
    seed: u64,
}

fn main() {}
