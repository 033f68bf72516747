#![allow(unused_variables)]

struct Player;

#[hotmod::export]
fn greet<'a, T>(name: &'a str, value: Vec<T>, player: Player) -> u32 {
    0
}

fn main() {}
