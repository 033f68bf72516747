//! Fields that are not carried over.

use super::{Migrated, NEW_FIELD, OTHER, Row, Without};

pub(super) const ROW: Row = Row {
    change: "a field that is made anew by each version (a cache, a channel)",
    migrated: &[
        Migrated {
            name: "transient-added",
            edits: &[(
                "    rows: Vec<String>,",
                "    rows: Vec<String>,\n    #[state(skip)]\n    found: HashMap<String, u32>,",
            )],
            plan: &["World.cache.found: made anew"],
            shows: &[("rows: [\"34\"]", "rows: [\"34\"], found: {}")],
            without: Without::Refused(&[
                "World.cache.found: was absent, now HashMap<String, u32>",
                NEW_FIELD,
            ]),
        },
        Migrated {
            name: "field-skipped",
            edits: &[(
                "    rows: Vec<String>,",
                "    #[state(skip)]\n    rows: HashSet<u64>,",
            )],
            plan: &["World.cache.rows: made anew", "World.cache.rows: lost"],
            shows: &[("rows: [\"34\"]", "rows: {}")],
            without: Without::Refused(&[
                "World.cache.rows: was Vec<String>, now HashSet<u64>",
                OTHER,
            ]),
        },
        Migrated {
            name: "field-skipped-with-an-init",
            edits: &[
                (
                    "    rows: Vec<String>,",
                    "    #[state(skip, init = rows)]\n    rows: Box<dyn std::fmt::Debug + Send>,",
                ),
                (
                    "#[hotmod::init]",
                    "fn rows() -> Box<dyn std::fmt::Debug + Send> {\n    \
                     Box::new(\"anew\")\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &["World.cache.rows: made anew", "World.cache.rows: lost"],
            shows: &[("rows: [\"34\"]", "rows: \"anew\"")],
            without: Without::NoState,
        },
    ],
    refused: &[],
    stuck: &[],
};
