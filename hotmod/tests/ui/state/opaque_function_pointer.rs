use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(opaque)]
    rules: Option<fn(u32) -> u32>,
}

fn main() {}
