//! Fields that existing state lacks.

use super::{Migrated, NEW_FIELD, Row, Stuck, Without};

pub(super) const ROW: Row = Row {
    change: "add a field",
    migrated: &[
        Migrated {
            name: "field-defaulted",
            edits: &[(
                "    first: u8,",
                "    #[state(default)]\n    zeroth: Vec<String>,\n    first: u8,",
            )],
            plan: &["World.sample.zeroth: default"],
            shows: &[("first: 1", "zeroth: [], first: 1")],
            without: Without::Refused(&[
                "World.sample.zeroth: was absent, now Vec<String>",
                NEW_FIELD,
            ]),
        },
        Migrated {
            name: "field-defaulted-to-an-expression",
            edits: &[(
                "    third: u64,",
                "    third: u64,\n    #[state(default = format!(\"{}\", 2 + 2))]\n    fourth: String,",
            )],
            plan: &["World.sample.fourth: default"],
            shows: &[("third: 3", "third: 3, fourth: \"4\"")],
            without: Without::Refused(&["World.sample.fourth: was absent, now String", NEW_FIELD]),
        },
        Migrated {
            name: "field-of-the-state-defaulted",
            edits: &[(
                "    cells: Cells,",
                "    cells: Cells,\n    #[state(default = 60)]\n    tick_rate: u32,",
            )],
            plan: &["World.tick_rate: default"],
            shows: &[("mood: Busy", "tick_rate: 60, mood: Busy")],
            without: Without::Refused(&["World.tick_rate: was absent, now u32", NEW_FIELD]),
        },
        Migrated {
            name: "option-added",
            edits: &[(
                "    third: u64,",
                "    third: u64,\n    fourth: Option<String>,",
            )],
            plan: &["World.sample.fourth: default"],
            shows: &[("third: 3", "third: 3, fourth: None")],
            without: Without::Nothing,
        },
        Migrated {
            name: "field-of-no-size-added",
            edits: &[(
                "    third: u64,",
                "    third: u64,\n    #[state(default)]\n    nothing: (),",
            )],
            plan: &["World.sample.nothing: default"],
            shows: &[("third: 3", "third: 3, nothing: ()")],
            without: Without::Refused(&["World.sample.nothing: was absent, now ()", NEW_FIELD]),
        },
        Migrated {
            name: "field-of-a-variant-defaulted",
            edits: &[(
                "    Busy { with: String, since: u32 },",
                "    Busy { with: String, since: u32, #[state(default = 1.5)] share: f32 },",
            )],
            plan: &["World.mood::Busy.share: default"],
            shows: &[("since: 31", "since: 31, share: 1.5")],
            without: Without::Refused(&["World.mood::Busy.share: was absent, now f32", NEW_FIELD]),
        },
        Migrated {
            name: "field-added-in-a-list",
            edits: &[(
                "    gold: u32,",
                "    gold: u32,\n    #[state(default = 1)]\n    level: u8,",
            )],
            plan: &["World.hero.level: default"],
            shows: &[
                ("gold: 12", "gold: 12, level: 1"),
                ("gold: 13", "gold: 13, level: 1"),
                ("gold: 14", "gold: 14, level: 1"),
                ("gold: 22", "gold: 22, level: 1"),
                ("gold: 23", "gold: 23, level: 1"),
            ],
            without: Without::Refused(&["World.hero.level: was absent, now u8", NEW_FIELD]),
        },
    ],
    refused: &[],
    stuck: &[Stuck {
        name: "default-that-panics",
        edits: &[(
            "    third: u64,",
            "    third: u64,\n    #[state(default = panic!(\"no {}\", 4))]\n    fourth: u64,",
        )],
        path: "World.sample.fourth",
        reason: ": no 4",
    }],
};
