use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, init = seed)]
    seed: u64,
}

unsafe fn seed() -> u64 {
    3
}

fn main() {}
