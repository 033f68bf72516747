#![allow(unused_variables)]

#[hotmod::export]
pub trait Game {
    fn hello(&self);
}

fn main() {}
