use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, init = seed)]
    seed: u64,
}

fn seed(from: u64) -> u64 {
    from
}

fn main() {}
