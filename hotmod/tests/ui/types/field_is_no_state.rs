#![allow(unused_variables)]

use hotmod::StableState;

struct Player;

#[derive(StableState)]
struct World {
    player: Player,
}

fn main() {}
