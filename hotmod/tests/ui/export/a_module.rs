#![allow(unused_variables)]

#[hotmod::export]
mod functions {
    pub fn damage() {}
}

fn main() {}
