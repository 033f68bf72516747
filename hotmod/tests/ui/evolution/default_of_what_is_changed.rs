#[hotmod::interface]
pub trait Game {
    fn fill(&self, #[hotmod(default)] into: &mut Vec<u32>);
}

fn main() {}
