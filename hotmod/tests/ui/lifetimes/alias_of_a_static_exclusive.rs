#![allow(unused_variables, dead_code)]
#[derive(hotmod::StableState)]
pub struct Player {
    name: String,
}

type Kept = &'static mut Player;

#[hotmod::export]
pub fn keep(player: Kept) {}

fn main() {}
