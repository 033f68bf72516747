#![allow(unused_variables)]

#[hotmod::export]
pub fn damage<const N: usize>(base: u32) -> u32 {
    base
}

fn main() {}
