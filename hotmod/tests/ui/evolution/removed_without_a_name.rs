#[hotmod::interface]
pub trait Game {
    #[hotmod(removed)]
    fn score(&self) -> u32;
}

fn main() {}
