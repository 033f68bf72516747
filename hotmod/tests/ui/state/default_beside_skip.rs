use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, default = 3)]
    seed: u64,
}

fn main() {}
