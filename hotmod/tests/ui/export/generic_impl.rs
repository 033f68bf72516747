#![allow(unused_variables)]

#[hotmod::interface]
pub trait Game {
    fn hello(&self) -> u32;
}

#[derive(hotmod::StableState)]
struct World<T> {
    seed: T,
}

#[hotmod::export]
impl<T: hotmod::StableState> Game for World<T> {
    fn hello(&self) -> u32 {
        0
    }
}

fn main() {}
