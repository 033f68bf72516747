#![allow(unused_variables)]

#[hotmod::init]
struct World {
    seed: u64,
}

fn main() {}
