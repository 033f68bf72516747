#![allow(unused_variables)]

#[hotmod::interface]
pub trait Game {
    fn score(&self) -> u32;
}

struct World;

#[hotmod::export(pure)]
impl Game for World {
    fn score(&self) -> u32 {
        0
    }
}

fn main() {}
