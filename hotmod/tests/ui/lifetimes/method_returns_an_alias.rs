#![allow(unused_variables, dead_code)]
type Out = &'static [u32];

#[hotmod::interface]
pub trait Game {
    fn scores(&self) -> Vec<Out>;
}

fn main() {}
