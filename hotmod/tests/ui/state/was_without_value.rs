use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(was)]
    seed: u64,
}

fn main() {}
