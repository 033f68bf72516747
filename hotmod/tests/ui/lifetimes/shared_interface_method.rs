#![allow(unused_variables, dead_code)]
#[derive(hotmod::StableState)]
pub struct Player {
    name: String,
}

type Both = (&'static Player, u32);

#[hotmod::interface]
pub trait Game: Sync {
    fn keep(&self, room: u64, both: Both) -> u32;
}

fn main() {}
