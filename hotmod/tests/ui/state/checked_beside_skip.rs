use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(checked, skip)]
    seed: u64,
}

fn main() {}
