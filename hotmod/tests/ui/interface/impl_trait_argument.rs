#[hotmod::interface]
pub trait Game {
    fn hello(&self, name: impl Into<String>) -> String;
}

fn main() {}
