#![allow(unused_variables, dead_code)]
type Out = &'static str;

#[hotmod::import]
pub fn name() -> Out;

fn main() {}
