#![allow(unused_variables)]

#[hotmod::export]
pub fn damage<T>(base: T) -> u32 {
    0
}

fn main() {}
