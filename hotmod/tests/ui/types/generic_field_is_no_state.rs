#![allow(unused_variables)]

use hotmod::StableState;

struct Player;

#[derive(StableState)]
struct World<T> {
    player: Player,
    seed: T,
}

fn main() {}
