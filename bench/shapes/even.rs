//! Items that have changed, and whose events have too, while each keeps its size.

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
    /// Wider than it was, into what was padding.
    pub(crate) level: u16,
    /// New, where padding was.
    #[state(default = 7)]
    #[serde(default = "season")]
    pub(crate) season: u8,
}

/// One of four in each item.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: u32,
    /// Wider than it was, into what was padding.
    pub(crate) kind: u32,
}

fn season() -> u8 {
    7
}
