#[hotmod::interface]
pub trait Game {
    fn hello(&self) -> u32;
    fn hello_twice(&self) -> u32 {
        self.hello() * 2
    }
}

struct World;

impl Game for World {
    fn hello(&self) -> u32 {
        "one"
    }
}

fn main() {}
