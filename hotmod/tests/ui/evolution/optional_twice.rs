#[hotmod::interface]
pub trait Game {
    #[hotmod::optional]
    #[hotmod(optional)]
    fn score(&self) -> u32;
}

fn main() {}
