use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

impl World {
    #[hotmod::migrate]
    fn world(&self) -> World {
        World { seed: self.seed }
    }
}

fn main() {}
