use std::rc::Rc;

use hotmod::{Old, StableState};

#[derive(StableState)]
struct World {
    seed: Rc<u64>,
}

#[hotmod::migrate(parallel)]
fn world(old: &Old<'_>) -> Result<World, String> {
    let seed: &u64 = old.get("seed")?;
    Ok(World { seed: Rc::new(*seed) })
}

fn main() {}
