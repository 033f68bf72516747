#![allow(unused_variables)]

#[hotmod::retired]
fn retired(version: &str) -> u32 {
    0
}

fn main() {}
