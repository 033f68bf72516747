#![allow(unused_variables)]

#[hotmod::interface]
pub trait Game {
    fn hello(&self) -> u32;
}

#[hotmod::export]
impl<T> Game for T {
    fn hello(&self) -> u32 {
        0
    }
}

fn main() {}
