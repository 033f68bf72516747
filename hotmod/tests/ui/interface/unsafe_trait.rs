#[hotmod::interface]
pub unsafe trait Game {
    fn hello(&self) -> u32;
}

fn main() {}
