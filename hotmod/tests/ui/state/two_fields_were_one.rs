use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(was = "seed")]
    first: u64,
    #[state(default, was = "seed")]
    second: u64,
}

fn main() {}
