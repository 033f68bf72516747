#[hotmod::interface]
pub trait Game {
    fn name(&self) -> &str;
}

fn main() {}
