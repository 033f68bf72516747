#[hotmod::interface]
pub trait Game {
    #[hotmod(removed("times"), removed("times"))]
    fn score(&self) -> u32;
}

fn main() {}
