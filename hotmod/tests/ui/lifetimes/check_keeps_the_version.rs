#![allow(unused_variables, dead_code)]
#[derive(hotmod::StableState)]
pub struct World {
    name: String,
}

type From = hotmod::VersionInfo<'static>;

#[hotmod::after_migrate]
pub fn check(world: &World, from: &From) -> Result<(), String> {
    Ok(())
}

fn main() {}
