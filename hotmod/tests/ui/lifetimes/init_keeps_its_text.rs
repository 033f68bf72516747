#![allow(unused_variables, dead_code)]
#[derive(hotmod::StableState)]
pub struct World {
    name: String,
}

type Config = &'static str;

#[hotmod::init]
pub fn new(config: Config) -> World {
    World { name: config.to_owned() }
}

fn main() {}
