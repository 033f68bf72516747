#![allow(unused_variables, dead_code)]
pub trait Kind {
    type Text;
}

pub struct Long;

impl Kind for Long {
    type Text = &'static str;
}

#[hotmod::export]
pub fn keep(text: <Long as Kind>::Text) {}

fn main() {}
