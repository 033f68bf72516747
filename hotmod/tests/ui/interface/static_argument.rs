#[hotmod::interface]
pub trait Game {
    fn hello(&self, name: &'static str) -> String;
}

fn main() {}
