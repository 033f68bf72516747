#[hotmod::interface]
pub trait Game {
    const NAME: u32;
    fn hello(&self) -> u32;
}

fn main() {}
