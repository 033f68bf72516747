#![allow(unused_variables)]

#[hotmod::export(name = "damage")]
pub fn damage(base: u32) -> u32 {
    base
}

fn main() {}
