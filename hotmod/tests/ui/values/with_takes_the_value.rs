use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = seed)]
    seed: u64,
}

fn seed(old: u32) -> u64 {
    old.into()
}

fn main() {}
