#![allow(unused_variables, dead_code)]
type Name = &'static str;

#[hotmod::export]
pub fn keep(room: u64, name: Option<Name>) {}

fn main() {}
