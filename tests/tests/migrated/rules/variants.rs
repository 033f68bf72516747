//! Variants that existing state does not have, or has elsewhere.

use super::{Migrated, Refused, Row, Without};

pub(super) const ROW: Row = Row {
    change: "enum: add or reorder variants",
    migrated: &[
        Migrated {
            name: "variants-added-and-reordered",
            edits: &[(
                "    Calm,\n    Angry(u32),",
                "    Asleep { since: u128 },\n    Angry(u32),\n    Calm,",
            )],
            plan: &["World.mood::Asleep: new variant"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "variants-reordered",
            edits: &[(
                "    Calm,\n    Angry(u32),\n    Busy { with: String, since: u32 },",
                "    Busy { with: String, since: u32 },\n    Angry(u32),\n    Calm,",
            )],
            plan: &["World.mood: fields moved"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "payload-changed",
            edits: &[(
                "    Busy { with: String, since: u32 },",
                "    Busy { since: u64, with: Option<String>, share: Option<f32> },",
            )],
            plan: &[
                "World.mood::Busy.since: widen u32 → u64",
                "World.mood::Busy.with: wrap String → Option<String>",
                "World.mood::Busy.share: default",
            ],
            shows: &[(
                "with: \"work\", since: 31",
                "since: 31, with: Some(\"work\"), share: None",
            )],
            without: Without::Nothing,
        },
    ],
    refused: &[Refused {
        name: "two-variants-become-one",
        edits: &[
            (
                "    Elder(Vec<String>),\n    Younger(VecDeque<String>),",
                "    #[state(was = \"Younger\")]\n    Elder(VecDeque<String>),",
            ),
            // Fails once the twins are prepared, so that they are abandoned.
            (
                "    one: Arc<u32>,",
                "    one: Arc<u32>,\n    #[state(default = panic!())]\n    more: u8,",
            ),
        ],
        says: &[
            "World.twins[]::Younger: was a variant, now `Elder`, which another variant has become",
            "help: let each variant come from one; to convert the values of the other, write \
                 #[state(removed_variant(Old => New))] on the enum",
        ],
    }],
    stuck: &[],
};
