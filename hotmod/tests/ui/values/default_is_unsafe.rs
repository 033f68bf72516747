use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(default = seed())]
    seed: u64,
}

unsafe fn seed() -> u64 {
    3
}

fn main() {}
