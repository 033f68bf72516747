#![allow(unused_variables)]

unsafe trait Game {}

#[derive(hotmod::StableState)]
struct World {
    seed: u64,
}

#[hotmod::export]
unsafe impl Game for World {}

fn main() {}
