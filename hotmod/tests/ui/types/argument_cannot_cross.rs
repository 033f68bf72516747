#![allow(unused_variables)]

struct Player;

#[hotmod::export]
fn greet(player: Player) -> u32 {
    0
}

fn main() {}
