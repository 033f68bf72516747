#![allow(unused_variables)]

struct World;

#[hotmod::init]
fn new(config: &str, more: u32) -> World {
    World
}

fn main() {}
