//! Items that have grown, while their events have changed and keep their size.

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
    /// Wider than it was.
    pub(crate) count: u64,
    pub(crate) level: u8,
    /// New.
    #[state(default = 7)]
    #[serde(default = "season")]
    pub(crate) season: u32,
}

/// One of four in each item.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: u32,
    /// Wider than it was, into what was padding.
    pub(crate) kind: u32,
}

fn season() -> u32 {
    7
}
