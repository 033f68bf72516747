//! Fields that existing state may lose.

use super::{Migrated, Row, Without};

pub(super) const ROW: Row = Row {
    change: "remove a field",
    migrated: &[Migrated {
        name: "field-dropped",
        edits: &[
            (
                "pub struct Sample {",
                "#[state(removed(\"second\"))]\npub struct Sample {",
            ),
            ("    second: String,", ""),
        ],
        plan: &["World.sample.second: removed, dropped"],
        shows: &[("second: \"two\", ", "")],
        without: Without::Refused(&[
            "World.sample.second: was String, now absent",
            "help: its value would be lost; write #[state(removed(\"second\"))] on the \
                 type, or #[state(was = \"second\")] on the field that it has become",
        ]),
    }],
    refused: &[],
    stuck: &[],
};
