#![allow(unused_variables)]

#[derive(hotmod::StableState)]
struct World {
    seed: u64,
}

#[hotmod::export]
impl World {
    fn damage(&self) -> u32 {
        0
    }
}

fn main() {}
