use hotmod::StableState;

struct Seed(u64);

#[derive(StableState)]
struct World {
    #[state(skip)]
    seed: Seed,
}

fn main() {}
