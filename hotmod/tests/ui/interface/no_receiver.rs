#[hotmod::interface]
pub trait Game {
    fn hello(name: &str) -> String;
}

fn main() {}
