use hotmod::StableState;

#[derive(StableState)]
struct World {
    ticks: u64,
}

impl World {
    #[hotmod::every("1s")]
    fn tick(&mut self) {
        self.ticks += 1;
    }
}

fn main() {}
