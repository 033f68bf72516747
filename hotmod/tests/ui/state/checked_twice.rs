use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(checked, checked)]
    seed: u64,
}

fn main() {}
