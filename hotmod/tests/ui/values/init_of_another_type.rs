use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, init = seed)]
    seed: u64,
}

fn seed() -> String {
    String::new()
}

fn main() {}
