use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = seed)]
    seed: u64,
}

fn seed(old: &u32) -> String {
    old.to_string()
}

fn main() {}
