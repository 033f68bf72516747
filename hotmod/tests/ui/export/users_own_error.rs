#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: u32) -> u32 {
    "none"
}

fn main() {}
