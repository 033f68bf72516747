#![allow(unused_variables)]

#[hotmod::export]
pub fn damage((base, armour): (u32, u32)) -> u32 {
    base - armour
}

fn main() {}
