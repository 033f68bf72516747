use hotmod::StableState;

#[derive(StableState)]
#[state(id = "a", id = "b")]
struct World {
    seed: u64,
}

fn main() {}
