#![allow(unused_variables)]

struct Player;

#[hotmod::interface]
pub trait Game {
    fn find(&self, id: u64) -> Option<Player>;
}

fn main() {}
