use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(rename = "seeds")]
    seed: u64,
}

fn main() {}
