use hotmod::StableState;

#[derive(StableState)]
struct Seed(u64);

#[derive(StableState)]
struct World {
    #[state(default)]
    seed: Seed,
}

fn main() {}
