#![allow(unused_variables, dead_code)]
type Out = &'static str;

#[hotmod::export]
pub fn name() -> Out {
    "game"
}

fn main() {}
