#[hotmod::interface]
pub trait Game {
    fn hello(&'static self, name: &str) -> String;
}

fn main() {}
