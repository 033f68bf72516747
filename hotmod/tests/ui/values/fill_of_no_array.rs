use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(fill = 0)]
    seed: Vec<u64>,
}

fn main() {}
