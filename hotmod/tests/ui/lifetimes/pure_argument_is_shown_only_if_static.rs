#![allow(unused_variables, dead_code)]
use std::fmt;

#[derive(hotmod::StableState)]
pub struct Player {
    name: String,
}

impl fmt::Debug for &'static Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[hotmod::export(pure)]
pub fn length(player: &Player) -> usize {
    player.name.len()
}

fn main() {}
