use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(default = "sixty")]
    seed: u64,
}

fn main() {}
