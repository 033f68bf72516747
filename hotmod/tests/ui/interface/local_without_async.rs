#[hotmod::interface(local)]
pub trait Game {
    fn hello(&mut self);
}

fn main() {}
