#![allow(unused_variables)]

struct Player;

#[hotmod::export]
fn greet(players: Vec<Player>) -> u32 {
    0
}

fn main() {}
