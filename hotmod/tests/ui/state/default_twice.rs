use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(default = 1, default = 2)]
    seed: u64,
}

fn main() {}
