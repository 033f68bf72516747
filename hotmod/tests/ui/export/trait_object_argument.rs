#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: Box<dyn Fn() -> u32>) -> u32 {
    base()
}

fn main() {}
