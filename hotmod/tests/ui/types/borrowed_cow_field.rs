#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    name: std::borrow::Cow<'static, [String]>,
}

fn main() {}
