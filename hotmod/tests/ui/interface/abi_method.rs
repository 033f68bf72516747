#[hotmod::interface]
pub trait Game {
    extern "C" fn hello(&self, count: u32) -> u32;
}

fn main() {}
