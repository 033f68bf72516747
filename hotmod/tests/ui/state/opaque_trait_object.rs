use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(opaque)]
    rules: Box<dyn Fn(u32) -> u32>,
}

fn main() {}
