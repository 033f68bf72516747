//! A crowd, as it was.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use bench_interface::Shared;
use hotmod::StableState;

hotmod::module! { name: "crowd", version: env!("CARGO_PKG_VERSION") }

/// One entry of five fields.
#[derive(StableState, PartialEq, Eq, Hash)]
pub struct Entry {
    id: u32,
    name: String,
    level: u16,
    parent: Option<u32>,
    events: Vec<u32>,
}

impl Entry {
    fn new(id: u32) -> Self {
        Entry {
            id,
            name: format!("entry number {id}"),
            level: 1,
            parent: Some(id / 2),
            events: vec![1, 2, 3, 4],
        }
    }
}

include!("../../../shapes/crowd.rs");
