use hotmod::StableState;

#[derive(StableState)]
struct World {
    rule: fn(u32) -> u32,
}

fn main() {}
