#![allow(unused_variables, dead_code)]
type Answer = Result<u32, &'static str>;

#[hotmod::export]
pub fn keep(answer: Answer) {}

fn main() {}
