use hotmod::StableState;

#[derive(StableState)]
#[state(id = "my world")]
struct World {
    seed: u64,
}

fn main() {}
