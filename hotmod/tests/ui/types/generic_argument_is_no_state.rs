#![allow(unused_variables)]

use hotmod::StableState;

struct Player;

#[derive(StableState)]
struct Pair<T> {
    first: T,
    second: T,
}

#[derive(StableState)]
struct World {
    players: Pair<Player>,
}

fn main() {}
