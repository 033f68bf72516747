//! Versions of a room that an operator updates to: one that is taken as it is, one whose state is converted where it
//! fits, and one that is refused.

use crate::fixture::{Built, Family};

/// A version with other code and the same state.
pub const NEXT: &str = "operated-next";

/// One that counts up to 255, and no further.
pub const NARROW: &str = "operated-narrow";

/// One with a field that existing state has no value for.
pub const MISSING: &str = "operated-missing";

/// One with a field more, which has a default, and which going back loses. Its doors are shut.
pub const GROWN: &str = "operated-grown";

/// The base, 1.0.0, and these: 1.1.0, 1.2.0, 1.3.0 and 1.4.0.
#[must_use]
pub fn rooms() -> Built {
    Family::new("rooms")
        .variant(
            NEXT,
            &[
                ("\"1.0.0\"", "\"1.1.0\""),
                ("CODE: u32 = 1", "CODE: u32 = 2"),
            ],
        )
        .variant(
            NARROW,
            &[
                ("\"1.0.0\"", "\"1.2.0\""),
                ("CODE: u32 = 1", "CODE: u32 = 3"),
                ("visits: u64,\n}", "visits: u8,\n}"),
            ],
        )
        .variant(
            MISSING,
            &[
                ("\"1.0.0\"", "\"1.3.0\""),
                ("visits: u64,\n}", "visits: u64,\n    missing: u64,\n}"),
                (
                    "gate: gate.to_owned(),",
                    "missing: 0,\n        gate: gate.to_owned(),",
                ),
            ],
        )
        .variant(
            GROWN,
            &[
                ("\"1.0.0\"", "\"1.4.0\""),
                ("CODE: u32 = 1", "CODE: u32 = 4"),
                ("SHUT: bool = false", "SHUT: bool = true"),
                (
                    "visits: u64,\n}",
                    "visits: u64,\n    #[state(default)]\n    guests: u32,\n}",
                ),
                (
                    "gate: gate.to_owned(),",
                    "gate: gate.to_owned(),\n        guests: 0,",
                ),
            ],
        )
        .build()
}
