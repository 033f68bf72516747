#![allow(unused_variables)]

#[hotmod::export]
pub unsafe fn damage(base: u32) -> u32 {
    base
}

fn main() {}
