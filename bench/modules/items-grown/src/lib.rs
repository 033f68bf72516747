//! A world of items.

use bench_interface::Kept;

hotmod::module! { name: "items", version: env!("CARGO_PKG_VERSION") }

#[path = "../../../shapes/grown.rs"]
mod shape;

use shape::World;

#[hotmod::export]
impl Kept for World {
    fn sum(&self) -> u64 {
        shape::sum(self)
    }
}

#[hotmod::init]
fn new(_: &str) -> Result<World, String> {
    Err("it is only migrated to".to_owned())
}
