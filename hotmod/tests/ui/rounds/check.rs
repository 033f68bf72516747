#![allow(unused_variables)]

#[derive(hotmod::StableState)]
struct World {
    name: String,
}

#[hotmod::after_migrate]
fn check(world: &World) -> bool {
    true
}

fn main() {}
