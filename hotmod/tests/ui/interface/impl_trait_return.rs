#[hotmod::interface]
pub trait Game {
    fn names(&self) -> impl Iterator<Item = String>;
}

fn main() {}
