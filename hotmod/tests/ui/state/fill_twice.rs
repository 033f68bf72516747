use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(fill = 1, fill = 2)]
    seed: [u64; 2],
}

fn main() {}
