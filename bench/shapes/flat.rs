//! Rows of numbers. Compiled into the module, and into the host for what is written without hotmod.

use hotmod::StableState;
use serde::{Deserialize, Serialize};

/// The whole state.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) rows: Vec<Row>,
}

/// One of many.
#[derive(StableState, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: u64,
    pub(crate) place: (f32, f32),
    pub(crate) owner: u32,
    pub(crate) health: u16,
    pub(crate) level: u8,
    pub(crate) is_awake: bool,
    pub(crate) seen: i64,
}

impl World {
    /// A world of so many rows.
    pub(crate) fn new(rows: usize) -> Self {
        World {
            rows: (0..rows as u64).map(Row::new).collect(),
        }
    }

    /// A number that depends on every field.
    pub(crate) fn sum(&self) -> u64 {
        self.rows.iter().fold(0, |sum, row| {
            let place = u64::from((row.place.0 - row.place.1).to_bits());
            sum.rotate_left(5)
                ^ (row.id + place + u64::from(row.owner) + 3 * u64::from(row.health))
                ^ (u64::from(row.level) + 5 * u64::from(row.is_awake) + row.seen.cast_unsigned())
        })
    }
}

impl Row {
    fn new(id: u64) -> Self {
        // Scattered, as what players do is.
        let any = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        Row {
            id,
            place: ((any % 10_000) as f32 / 8.0, (any / 7 % 10_000) as f32 / 8.0),
            owner: (any % 40_000) as u32,
            health: (any % 1_000) as u16,
            level: (any % 60) as u8,
            is_awake: any.is_multiple_of(3),
            seen: -((any % 3_000_000) as i64),
        }
    }
}
