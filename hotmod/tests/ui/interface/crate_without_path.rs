#[hotmod::interface(crate)]
pub trait Game {
    fn hello(&self) -> u32;
}

fn main() {}
