#[hotmod::interface]
pub trait Game {
    fn hello(self, name: &str) -> String;
}

fn main() {}
