#![allow(unused_variables)]

struct Player;

#[hotmod::export]
fn greet(name: &'static str, player: Player, rate: u32) -> Option<Player> {
    None
}

fn main() {}
