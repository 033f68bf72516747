use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(default = SIXTY)]
    seed: u64,
}

fn main() {}
