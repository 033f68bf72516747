#[hotmod::interface]
pub trait Game {
    fn score(&self, times: u32) -> u32;
}

#[derive(hotmod::StableState)]
pub struct World {
    score: u32,
}

#[hotmod::export]
impl Game for World {
    fn score(&self, #[hotmod(default = 1)] times: u32) -> u32 {
        self.score * times
    }
}

fn main() {}
