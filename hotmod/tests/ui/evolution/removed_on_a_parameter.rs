#[hotmod::interface]
pub trait Game {
    fn score(&self, #[hotmod(removed("often"))] times: u32) -> u32;
}

fn main() {}
