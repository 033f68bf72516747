#![allow(unused_variables)]

use std::rc::Rc;

use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: Rc<u64>,
}

#[hotmod::init]
fn new_world(config: &str) -> World {
    World { seed: Rc::new(0) }
}

fn main() {}
