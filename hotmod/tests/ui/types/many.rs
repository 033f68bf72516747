#![allow(unused_variables)]

use hotmod::StableState;

struct Player;

struct Log;

#[derive(StableState)]
struct World {
    player: Player,
    log: Log,
}

#[hotmod::export]
fn greet(player: Player, log: &Log) -> u32 {
    0
}

fn main() {}
