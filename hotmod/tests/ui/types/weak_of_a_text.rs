use std::sync::{Arc, Weak};

use hotmod::StableState;

#[derive(StableState)]
struct World {
    name: Arc<str>,
    names: Vec<Weak<str>>,
}

fn main() {}
