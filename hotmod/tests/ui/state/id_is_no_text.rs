use hotmod::StableState;

#[derive(StableState)]
#[state(id = 7)]
struct World {
    seed: u64,
}

fn main() {}
