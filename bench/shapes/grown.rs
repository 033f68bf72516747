//! Items that have grown, and whose events have too.

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

/// One of four in each item; both fields are wider than they were.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: u64,
    pub(crate) kind: u64,
}

fn season() -> u32 {
    7
}
