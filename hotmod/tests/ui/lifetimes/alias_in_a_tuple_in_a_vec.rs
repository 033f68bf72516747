#![allow(unused_variables, dead_code)]
type Pair = (u32, &'static str);

#[hotmod::export]
pub fn keep(pairs: Vec<Pair>) {}

fn main() {}
