#![allow(unused_variables)]

#[hotmod::export]
pub struct World {
    seed: u64,
}

fn main() {}
