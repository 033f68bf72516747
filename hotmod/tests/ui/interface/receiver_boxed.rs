#[hotmod::interface]
pub trait Game {
    fn hello(self: Box<Self>, name: &str) -> String;
}

fn main() {}
