#![allow(unused_variables)]

#[derive(hotmod::StableState)]
struct World;

#[hotmod::migrate]
async fn migrate(old: &World) -> Result<World, String> {
    Ok(World)
}

#[derive(hotmod::StableState)]
struct Room;

#[hotmod::after_migrate]
async fn check(room: &Room, from: &u32) -> Result<(), String> {
    Ok(())
}

#[hotmod::init]
async fn new(config: &[u8]) -> Room {
    Room
}

fn main() {}
