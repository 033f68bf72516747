#![allow(unused_variables)]

#[hotmod::export]
pub async fn damage(base: u32) -> u32 {
    base
}

fn main() {}
