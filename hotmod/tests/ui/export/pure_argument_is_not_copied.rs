#![allow(unused_variables)]

#[derive(Debug, hotmod::StableState)]
struct Player {
    name: String,
}

#[hotmod::export(pure)]
fn greet(player: Player) -> u32 {
    0
}

fn main() {}
