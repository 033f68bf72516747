#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: impl Into<u32>) -> u32 {
    base.into()
}

fn main() {}
