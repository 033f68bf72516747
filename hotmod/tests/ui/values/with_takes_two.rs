use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = seed)]
    seed: u64,
}

fn seed(old: &u32, more: &u32) -> u64 {
    u64::from(*old) + u64::from(*more)
}

fn main() {}
