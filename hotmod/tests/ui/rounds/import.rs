#![allow(unused_variables)]

struct Player;

#[hotmod::import]
unsafe fn broadcast(room: u64, player: Player);

fn main() {}
