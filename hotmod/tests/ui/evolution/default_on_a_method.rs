#[hotmod::interface]
pub trait Game {
    #[hotmod(default)]
    fn score(&self) -> u32;
}

fn main() {}
