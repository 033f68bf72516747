#![allow(unused_variables)]

#[derive(Clone, Debug)]
struct Player;

#[hotmod::export(pure)]
fn greet(player: Player) -> u32 {
    0
}

fn main() {}
