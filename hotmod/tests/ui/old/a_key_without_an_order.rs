use std::collections::{BTreeMap, HashSet};

use hotmod::OldState;

#[derive(OldState)]
#[state(id = "Key")]
struct OldKey {
    number: u64,
}

#[derive(OldState)]
#[state(id = "World")]
struct OldWorld {
    by_key: BTreeMap<OldKey, u8>,
    keys: Vec<HashSet<OldKey>>,
}

fn main() {}
