use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with)]
    seed: u64,
}

fn main() {}
