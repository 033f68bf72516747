#[hotmod::interface]
pub trait Game {
    #[hotmod(removed("times"))]
    fn score(&self, times: u32) -> u32;
}

fn main() {}
