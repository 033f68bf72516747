#![allow(unused_variables)]

struct World;

impl World {
    #[hotmod::export]
    fn damage(&self) -> u32 {
        0
    }
}

fn main() {}
