use hotmod::StableState;

#[derive(StableState)]
struct World {
    name: &'static str,
}

#[hotmod::interface]
pub trait Game {
    fn hello(&self) -> u32;
}

#[hotmod::export]
impl Game for World {
    fn hello(&self) -> u32 {
        0
    }
}

#[hotmod::init]
fn new_world() -> World {
    World { name: "" }
}

#[derive(StableState)]
struct Universe {
    worlds: Vec<World>,
}

fn main() {}
