#![allow(unused_variables)]

use hotmod::StableState;

struct Player;

#[derive(StableState)]
struct World {
    players: std::collections::HashMap<u64, Vec<Player>>,
}

fn main() {}
