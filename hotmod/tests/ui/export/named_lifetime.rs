#![allow(unused_variables)]

#[hotmod::export]
pub fn damage<'a>(name: &'a str) -> u32 {
    0
}

fn main() {}
