#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: u32) -> impl Iterator<Item = u32> {
    0..base
}

fn main() {}
