#![allow(unused_variables, dead_code)]
type Numbers = &'static [u32];

#[hotmod::export]
pub fn keep(numbers: Numbers) -> u32 {
    0
}

fn main() {}
