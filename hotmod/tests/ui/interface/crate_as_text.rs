#[hotmod::interface(crate = "hotmod")]
pub trait Game {
    fn hello(&self) -> u32;
}

fn main() {}
