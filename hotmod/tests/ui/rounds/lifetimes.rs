#![allow(unused_variables)]

type Text = &'static str;

#[hotmod::export]
async fn greet(name: Text) -> u32 {
    0
}

#[hotmod::interface]
pub trait Game {
    fn hello(&mut self, name: Text);
    fn by_value(self);
}

fn main() {}
