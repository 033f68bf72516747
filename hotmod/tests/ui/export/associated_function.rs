#![allow(unused_variables)]

struct World;

impl World {
    #[hotmod::export]
    fn damage(base: u32) -> u32 {
        base
    }
}

fn main() {}
