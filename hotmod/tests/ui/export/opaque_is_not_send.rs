use hotmod::StableState;

#[hotmod::interface]
trait Game {
    fn tick(&mut self);
}

struct Foreign(*mut u8);

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque))]
    foreign: Foreign,
}

#[hotmod::export]
impl Game for World {
    fn tick(&mut self) {}
}

fn main() {}
