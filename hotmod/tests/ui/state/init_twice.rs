use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, init = Vec::new, init = Vec::new)]
    seed: Vec<u64>,
}

fn main() {}
