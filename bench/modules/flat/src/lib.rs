//! A world of rows of numbers.

use bench_interface::Kept;

hotmod::module! { name: "flat", version: env!("CARGO_PKG_VERSION") }

#[path = "../../../shapes/flat.rs"]
mod shape;

use shape::World;

#[hotmod::export]
impl Kept for World {
    fn sum(&self) -> u64 {
        World::sum(self)
    }
}

#[hotmod::init]
fn new(config: &str) -> Result<World, String> {
    let rows = config.parse().map_err(|error| format!("rows: {error}"))?;
    Ok(World::new(rows))
}
