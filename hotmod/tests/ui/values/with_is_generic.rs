use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = seed)]
    seed: u64,
}

fn seed<T: Copy + Into<u64>>(old: &T) -> u64 {
    (*old).into()
}

fn main() {}
