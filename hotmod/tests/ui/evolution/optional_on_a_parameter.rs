#[hotmod::interface]
pub trait Game {
    fn score(&self, #[hotmod(optional)] times: u32) -> u32;
}

fn main() {}
