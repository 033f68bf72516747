#![allow(unused_variables)]

struct Player;

#[hotmod::interface]
pub trait Game {
    fn greet(&self, player: &Player) -> u32;
}

fn main() {}
