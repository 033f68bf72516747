#[hotmod::interface]
pub trait Game {
    fn score(&self) -> u32;
}

#[derive(hotmod::StableState)]
pub struct World {
    score: u32,
}

#[hotmod::export(pure)]
impl Game for World {
    fn score(&self) -> u32 {
        self.score
    }
}

fn main() {}
