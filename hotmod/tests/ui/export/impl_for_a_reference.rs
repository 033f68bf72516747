#![allow(unused_variables)]

#[hotmod::interface]
pub trait Game {
    fn hello(&self) -> u32;
}

#[hotmod::export]
impl Game for &u32 {
    fn hello(&self) -> u32 {
        0
    }
}

fn main() {}
