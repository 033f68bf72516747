use hotmod::StableState;

struct Seed(u64);

#[derive(StableState)]
struct World {
    #[state(with = seed)]
    seed: u64,
}

fn seed(old: &Seed) -> u64 {
    old.0
}

fn main() {}
