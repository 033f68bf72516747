#[hotmod::interface]
pub trait Game {
    fn hello<const N: usize>(&self, name: [u8; N]) -> String;
}

fn main() {}
