use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(fill = "zero")]
    seed: [u64; 2],
}

fn main() {}
