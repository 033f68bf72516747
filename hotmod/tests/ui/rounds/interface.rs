#![allow(unused_variables)]

pub struct Player;

type Out = &'static str;

#[hotmod::interface]
pub trait Game {
    fn enter(&mut self, player: &Player) -> Result<(), String>;
    fn name(&self) -> Out;
    fn leave(self: Box<Self>, player: u64);
}

fn main() {}
