#[hotmod::interface]
pub trait Game {
    fn name(&self) -> &'static str;
}

fn main() {}
