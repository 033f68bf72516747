use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(init = make)]
    seed: u64,
}

fn main() {}
