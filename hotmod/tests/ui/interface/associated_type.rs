#[hotmod::interface]
pub trait Game {
    type Name;
    fn hello(&self) -> u32;
}

fn main() {}
