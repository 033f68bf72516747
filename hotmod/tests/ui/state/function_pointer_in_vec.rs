use hotmod::StableState;

#[derive(StableState)]
struct World {
    rules: Vec<fn(u32) -> u32>,
}

fn main() {}
