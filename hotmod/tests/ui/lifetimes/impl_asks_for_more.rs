#![allow(unused_variables, dead_code)]
#[hotmod::interface]
pub trait Game {
    fn keep(&mut self, text: &str);
}

#[derive(hotmod::StableState)]
pub struct World {
    name: String,
}

type Text = &'static str;

#[hotmod::export]
impl Game for World {
    fn keep(&mut self, text: Text) {}
}

fn main() {}
