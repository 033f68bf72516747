#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: Vec<fn() -> u32>) -> u32 {
    0
}

fn main() {}
