#[hotmod::interface]
pub trait Game {
    fn hello(&self, (x, y): (u32, u32)) -> u32 {
        x + y
    }
}

fn main() {}
