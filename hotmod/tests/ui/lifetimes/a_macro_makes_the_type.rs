#![allow(unused_variables, dead_code)]
macro_rules! text {
    () => {
        &'static str
    };
}

#[hotmod::export]
pub fn keep(text: text!()) {}

fn main() {}
