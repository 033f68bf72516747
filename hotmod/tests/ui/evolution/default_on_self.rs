#[hotmod::interface]
pub trait Game {
    fn score(#[hotmod(default)] &self) -> u32;
}

fn main() {}
