use std::sync::Mutex;

use hotmod::{Old, OldState, StableState};

#[derive(OldState)]
#[state(id = "World")]
struct OldWorld {
    seed: u64,
}

#[derive(StableState)]
struct World {
    seed: u32,
}

static KEPT: Mutex<Option<&'static OldWorld>> = Mutex::new(None);

#[hotmod::migrate]
fn world(old: &Old<'_>) -> Result<World, String> {
    let old = old.read()?;
    *KEPT.lock().unwrap() = Some(old);
    Ok(World { seed: 0 })
}

fn main() {}
