#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: &str) -> &str {
    base
}

fn main() {}
