#![allow(unused_variables)]

#[hotmod::export]
pub fn name() -> &'static str {
    "damage"
}

fn main() {}
