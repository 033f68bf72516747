use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque))]
    rules: Option<fn(u32) -> u32>,
}

fn main() {}
