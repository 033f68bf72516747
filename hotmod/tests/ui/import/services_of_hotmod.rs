#![allow(non_camel_case_types)]

#[::hotmod::import]
pub trait hotmod {
    fn spawn(&self, future: u64) -> bool;
}

fn main() {}
