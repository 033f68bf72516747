use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(fill)]
    seed: [u64; 2],
}

fn main() {}
