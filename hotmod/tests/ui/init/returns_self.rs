#[derive(hotmod::StableState)]
struct World {
    seed: u64,
}

impl World {
    #[hotmod::init]
    fn new() -> Self {
        World { seed: 0 }
    }
}

fn main() {}
