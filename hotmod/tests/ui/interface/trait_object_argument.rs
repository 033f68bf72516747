#[hotmod::interface]
pub trait Game {
    fn hello(&self, log: &dyn Fn(u32)) -> String;
}

fn main() {}
