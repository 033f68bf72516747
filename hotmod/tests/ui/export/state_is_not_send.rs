#![allow(unused_variables)]

use std::rc::Rc;

#[hotmod::interface]
pub trait Game {
    fn hello(&self) -> u32;
}

#[derive(hotmod::StableState)]
struct World {
    seed: Rc<u64>,
}

#[hotmod::export]
impl Game for World {
    fn hello(&self) -> u32 {
        0
    }
}

fn main() {}
