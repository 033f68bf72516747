#![allow(unused_variables)]

#[hotmod::loaded]
async fn loaded(version: &u32) -> u32 {
    0
}

fn main() {}
