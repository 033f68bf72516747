#![allow(unused_variables)]

#[hotmod::export]
fn greet(name: &Vec<&str>) -> u32 {
    0
}

fn main() {}
