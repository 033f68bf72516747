#[hotmod::optional]
pub trait Game {
    fn score(&self) -> u32;
}

fn main() {}
