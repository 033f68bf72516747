use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(was = old)]
    seed: u64,
}

fn main() {}
