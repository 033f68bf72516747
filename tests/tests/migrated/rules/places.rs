//! Fields that stand elsewhere.

use super::{Migrated, Row, Without};

pub(super) const ROW: Row = Row {
    change: "reorder, padding, compiler moved fields",
    migrated: &[
        Migrated {
            name: "fields-reordered",
            edits: &[(
                "    low: u64,\n    high: u64,",
                "    high: u64,\n    low: u64,",
            )],
            plan: &["World.wide: fields moved"],
            shows: &[("low: 10, high: 11", "high: 11, low: 10")],
            without: Without::Nothing,
        },
        Migrated {
            name: "padding-added",
            edits: &[("pub struct Wide {", "#[repr(align(64))]\npub struct Wide {")],
            plan: &["World.wide: fields moved"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "layout-fixed",
            edits: &[("pub struct Sample {", "#[repr(C)]\npub struct Sample {")],
            plan: &["World.sample: fields moved"],
            shows: &[],
            without: Without::Nothing,
        },
    ],
    refused: &[],
    stuck: &[],
};
