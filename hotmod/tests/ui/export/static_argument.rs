#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: &'static str) -> u32 {
    0
}

fn main() {}
