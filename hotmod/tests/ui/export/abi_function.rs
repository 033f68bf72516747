#![allow(unused_variables)]

#[hotmod::export]
pub extern "C" fn damage(base: u32) -> u32 {
    base
}

fn main() {}
