#![allow(unused_variables, dead_code)]
#[derive(hotmod::StableState)]
pub struct World {
    name: String,
}

type Old = &'static hotmod::Old<'static>;

#[hotmod::migrate]
pub fn world(old: Old) -> Result<World, String> {
    Ok(World { name: old.version().to_owned() })
}

fn main() {}
