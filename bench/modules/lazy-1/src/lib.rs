//! Entries that follow by themselves, and as many that do not, as they were.

use std::collections::HashMap;

use bench_interface::{Kept, Lazies};
use hotmod::{Lazy, StableState};

hotmod::module! { name: "lazies", version: env!("CARGO_PKG_VERSION") }

/// One entry of five fields.
#[derive(StableState)]
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

include!("../../../shapes/lazy.rs");
