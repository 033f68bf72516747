#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: fn() -> u32) -> u32 {
    base()
}

fn main() {}
