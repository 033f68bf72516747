//! A crowd, as it is: entries have wider numbers, and a field more.
#![allow(
    clippy::unnecessary_cast,
    reason = "the shape is that of narrower numbers, too"
)]

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use bench_interface::Shared;
use hotmod::StableState;

hotmod::module! { name: "crowd", version: env!("CARGO_PKG_VERSION") }

/// One entry of six fields.
#[derive(StableState, PartialEq, Eq, Hash)]
pub struct Entry {
    id: u64,
    name: String,
    level: u32,
    parent: Option<u64>,
    events: Vec<u64>,
    #[state(default = 7)]
    season: u32,
}

impl Entry {
    fn new(id: u32) -> Self {
        Entry {
            id: id.into(),
            name: format!("entry number {id}"),
            level: 1,
            parent: Some(u64::from(id / 2)),
            events: vec![1, 2, 3, 4],
            season: 7,
        }
    }
}

include!("../../../shapes/crowd.rs");
