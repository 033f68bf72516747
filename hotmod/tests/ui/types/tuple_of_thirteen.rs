use hotmod::StableState;

#[derive(StableState)]
struct World {
    scores: Vec<(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8)>,
}

fn main() {}
