use hotmod::StableState;

#[derive(StableState)]
#[state(meaning = "two")]
struct World {
    seed: u64,
}

fn main() {}
