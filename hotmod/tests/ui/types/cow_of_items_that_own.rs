use std::borrow::Cow;

use hotmod::StableState;

#[derive(StableState)]
struct World {
    names: Vec<Cow<'static, [String]>>,
}

fn main() {}
