#[hotmod::interface]
pub trait Game {
    fn hello<T>(&self, name: T) -> String;
}

fn main() {}
