//! The module as it was released last, 0.1.0. When a version is released, its `src/lib.rs` takes this place.

use std::collections::HashMap;

use hotmod::StableState;

use hotmod_new_interface::Greeter;

hotmod::module! { name: "hotmod-new", version: "0.1.0" }

#[derive(StableState)]
pub struct Guest {
    visits: u64,
}

#[derive(StableState)]
pub struct World {
    guests: HashMap<String, Guest>,
}

#[hotmod::init]
fn new_world(_greeting: &str) -> Result<World, String> {
    Ok(World {
        guests: HashMap::new(),
    })
}

#[hotmod::export]
impl Greeter for World {
    fn greet(&mut self, name: &str) -> String {
        let guest = self
            .guests
            .entry(name.to_owned())
            .or_insert(Guest { visits: 0 });
        guest.visits += 1;
        format!("hello {name}")
    }

    fn visits(&self) -> u64 {
        self.guests.values().map(|guest| guest.visits).sum()
    }
}
