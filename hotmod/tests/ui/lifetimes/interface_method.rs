#![allow(unused_variables, dead_code)]
type Text = &'static str;

#[hotmod::interface]
pub trait Game {
    fn keep(&mut self, t: Text);
}

fn main() {}
