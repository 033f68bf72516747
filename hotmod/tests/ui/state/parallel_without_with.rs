use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(default = 7, parallel)]
    seed: u64,
}

fn main() {}
