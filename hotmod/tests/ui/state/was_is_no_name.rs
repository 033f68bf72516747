use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(was = "old seed")]
    seed: u64,
}

fn main() {}
