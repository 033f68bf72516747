#[hotmod::interface]
pub trait Game {
    #[hotmod::optional(always)]
    fn score(&self) -> u32;
}

fn main() {}
