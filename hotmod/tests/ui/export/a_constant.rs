#![allow(unused_variables)]

#[hotmod::export]
pub const SEED: u64 = 7;

fn main() {}
