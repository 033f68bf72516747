//! A world of items.

use bench_interface::Kept;

hotmod::module! { name: "items", version: env!("CARGO_PKG_VERSION") }

#[path = "../../../shapes/first.rs"]
mod shape;

use shape::World;

#[hotmod::export]
impl Kept for World {
    fn sum(&self) -> u64 {
        shape::sum(self)
    }
}

#[hotmod::init]
fn new(config: &str) -> Result<World, String> {
    let items = config.parse().map_err(|error| format!("items: {error}"))?;
    Ok(World::new(items))
}
