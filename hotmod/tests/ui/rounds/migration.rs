#![allow(unused_variables)]

use hotmod::Old;

struct World;

#[hotmod::migrate]
async fn migrate(old: &Old<'_>) -> Result<World, String> {
    Ok(World)
}

fn main() {}
