//! Other names for the same things.

use super::{Migrated, NEW_FIELD, OTHER, Row, Without};

pub(super) const ROW: Row = Row {
    change: "rename a field, variant or type",
    migrated: &[
        Migrated {
            name: "field-renamed",
            edits: &[(
                "    second: String,",
                "    #[state(was = \"second\")]\n    other: String,",
            )],
            plan: &["World.sample.other: renamed from second"],
            shows: &[("second", "other")],
            without: Without::Refused(&[
                "World.sample.other: was absent, now String",
                NEW_FIELD,
                "World.sample.second: was String, now absent",
                "help: its value would be lost; write #[state(removed(\"second\"))] on the \
                 type, or #[state(was = \"second\")] on the field that it has become",
            ]),
        },
        Migrated {
            name: "field-renamed-and-its-name-used-again",
            edits: &[(
                "    second: String,",
                "    #[state(was = \"second\")]\n    other: String,\n    #[state(default)]\n    \
                 second: String,",
            )],
            plan: &[
                "World.sample.other: renamed from second",
                "World.sample.second: default",
            ],
            shows: &[("second: \"two\"", "other: \"two\", second: \"\"")],
            without: Without::Refused(&["World.sample.other: was absent, now String", NEW_FIELD]),
        },
        Migrated {
            name: "variant-renamed",
            edits: &[(
                "    Busy { with: String, since: u32 },",
                "    #[state(was = \"Busy\")]\n    Working { with: String, since: u32 },",
            )],
            plan: &["World.mood::Working: renamed from Busy"],
            shows: &[("Busy", "Working")],
            without: Without::Stuck(
                "World.mood",
                "the variant `Busy` is in use, and what the value becomes has none of this name",
            ),
        },
        Migrated {
            name: "field-of-a-variant-renamed",
            edits: &[(
                "    Busy { with: String, since: u32 },",
                "    Busy { #[state(was = \"with\")] at: String, since: u32 },",
            )],
            plan: &["World.mood::Busy.at: renamed from with"],
            shows: &[("with: \"work\"", "at: \"work\"")],
            without: Without::Refused(&[
                "World.mood::Busy.at: was absent, now String",
                NEW_FIELD,
                "World.mood::Busy.with: was String, now absent",
                "help: its value would be lost; write #[state(removed(\"with\"))] on the \
                 type, or #[state(was = \"with\")] on the field that it has become",
            ]),
        },
        Migrated {
            name: "type-renamed",
            edits: &[
                (
                    "pub struct Sense {",
                    "#[state(was = \"Sense\")]\npub struct Direction {",
                ),
                ("    sense: Sense,", "    sense: Direction,"),
            ],
            plan: &["World.sense: renamed from Sense"],
            shows: &[("Sense {", "Direction {")],
            without: Without::Refused(&["World.sense: was Sense, now Direction", OTHER]),
        },
    ],
    refused: &[],
    stuck: &[],
};
