#![allow(unused_variables)]

use hotmod::StableState;

struct Player;

#[derive(StableState)]
enum World {
    Empty,
    One(Player),
}

fn main() {}
