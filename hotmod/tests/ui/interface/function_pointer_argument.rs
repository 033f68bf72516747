#[hotmod::interface]
pub trait Game {
    fn hello(&self, log: fn(u32)) -> String;
}

fn main() {}
