#[hotmod::interface]
pub trait Game {
    fn score(&self) -> u32;
}

#[derive(hotmod::StableState)]
pub struct World {
    score: u32,
}

#[hotmod::export]
impl Game for World {
    #[hotmod::optional]
    fn score(&self) -> u32 {
        self.score
    }
}

fn main() {}
