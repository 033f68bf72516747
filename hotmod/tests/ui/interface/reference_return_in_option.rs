#[hotmod::interface]
pub trait Game {
    fn name(&self) -> Option<&str>;
}

fn main() {}
