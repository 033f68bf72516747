#[hotmod::interface(name = "game")]
pub trait Game {
    fn hello(&self) -> u32;
}

fn main() {}
