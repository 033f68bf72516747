#[hotmod::interface]
pub trait Game {
    fn hello<'a>(&self, name: &'a str) -> String;
}

fn main() {}
