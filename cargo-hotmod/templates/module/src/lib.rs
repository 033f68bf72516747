//! The module: code and state that are replaced while the server runs.

use std::collections::HashMap;

use hotmod::StableState;

use hotmod_new_interface::Greeter;

hotmod::module! { name: "hotmod-new", version: env!("CARGO_PKG_VERSION") }

/// Someone who was here.
#[derive(StableState)]
pub struct Guest {
    visits: u64,
}

/// The state, which goes on from version to version.
#[derive(StableState)]
pub struct World {
    guests: HashMap<String, Guest>,
    /// New in 0.2: what a state of 0.1 gets is said here. Without that, the update is refused.
    #[state(default = "hello".to_owned())]
    greeting: String,
}

/// Makes the state of a server that has none yet.
#[hotmod::init]
fn new_world(greeting: &str) -> Result<World, String> {
    Ok(World {
        guests: HashMap::new(),
        greeting: greeting.to_owned(),
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
        format!("{} {name}, visit {}", self.greeting, guest.visits)
    }

    fn visits(&self) -> u64 {
        self.guests.values().map(|guest| guest.visits).sum()
    }
}
