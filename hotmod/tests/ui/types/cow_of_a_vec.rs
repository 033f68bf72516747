use std::borrow::Cow;

use hotmod::StableState;

#[derive(StableState)]
struct World {
    scores: Cow<'static, Vec<u32>>,
}

fn main() {}
