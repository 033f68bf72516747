//! What the items are at first. Compiled into the module, and into the host for the conversion
//! without hotmod.

use hotmod::StableState;
use serde::{Deserialize, Serialize};

#[path = "sum.rs"]
mod sum;

pub(crate) use sum::sum;

/// The whole state.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) items: Vec<Item>,
}

/// One of many.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) events: Vec<Event>,
    pub(crate) weight: f64,
    pub(crate) count: u32,
    pub(crate) level: u8,
}

/// One of four in each item.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: u32,
    pub(crate) kind: u16,
}

impl World {
    /// A world of so many items.
    pub(crate) fn new(items: usize) -> Self {
        let items = 0..items as u64;
        World {
            items: items.map(Item::new).collect(),
        }
    }
}

impl Item {
    fn new(id: u64) -> Self {
        let event = |i| Event {
            at: id as u32 + i,
            kind: (id as u16).wrapping_mul(i as u16),
        };
        Item {
            id,
            name: format!("item number {id}"),
            events: (0..4).map(event).collect(),
            weight: id as f64,
            count: id as u32,
            level: id as u8,
        }
    }
}
