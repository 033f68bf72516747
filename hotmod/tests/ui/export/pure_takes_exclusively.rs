#![allow(unused_variables)]

#[hotmod::export(pure)]
fn sort(numbers: &mut [u32], by: u32) -> u32 {
    by
}

fn main() {}
