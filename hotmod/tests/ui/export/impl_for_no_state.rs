#![allow(unused_variables)]

#[hotmod::interface]
pub trait Game {
    fn hello(&self) -> u32;
}

struct World {
    seed: u64,
}

#[hotmod::export]
impl Game for World {
    fn hello(&self) -> u32 {
        0
    }
}

fn main() {}
