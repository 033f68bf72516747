use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = seed, parallel, parallel)]
    seed: u64,
}

fn seed(old: &u32) -> u64 {
    u64::from(*old)
}

fn main() {}
