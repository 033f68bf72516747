#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    kind: std::any::TypeId,
}

fn main() {}
