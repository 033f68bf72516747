use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = |old: &u32| u64::from(*old))]
    seed: u64,
}

fn main() {}
