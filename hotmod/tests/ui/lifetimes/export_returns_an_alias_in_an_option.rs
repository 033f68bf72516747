#![allow(unused_variables, dead_code)]
type Out<'a> = &'a str;

#[hotmod::export]
pub fn name(of: &str) -> Option<Out> {
    Some(of)
}

fn main() {}
