use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque))]
    rules: Box<dyn Fn(u32) -> u32>,
}

fn main() {}
