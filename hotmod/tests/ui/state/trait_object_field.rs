use hotmod::StableState;

#[derive(StableState)]
struct World {
    rule: Box<dyn Fn(u32) -> u32 + Send>,
}

fn main() {}
