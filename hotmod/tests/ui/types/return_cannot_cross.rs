#![allow(unused_variables)]

struct Player;

#[hotmod::export]
fn find(id: u64) -> Option<Player> {
    None
}

fn main() {}
