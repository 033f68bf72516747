//! Variants that are no more.

use super::{Migrated, Refused, Row, Without};

pub(super) const ROW: Row = Row {
    change: "enum: remove a variant",
    migrated: &[
        Migrated {
            name: "variant-replaced",
            edits: &[
                (
                    "pub enum Rare {",
                    "#[state(removed_variant(Common => Unique))]\npub enum Rare {",
                ),
                ("    Common(String),", ""),
            ],
            plan: &["World.rare::Common: becomes Unique"],
            shows: &[("Common(\"32\")", "Unique")],
            without: Without::Stuck(
                "World.rare",
                "the variant `Common` is in use, and what the value becomes has none of this name",
            ),
        },
        Migrated {
            name: "unused-variant-removed",
            edits: &[("    Scarce,", "")],
            plan: &["World.rare::Scarce: removed, must not be in use"],
            shows: &[],
            without: Without::Nothing,
        },
    ],
    refused: &[Refused {
        name: "replaced-by-a-variant-with-fields",
        edits: &[
            (
                "pub enum Rare {",
                "#[state(removed_variant(Unique => Common))]\npub enum Rare {",
            ),
            ("    Unique,", ""),
        ],
        says: &[
            "World.rare::Unique: was a variant, now `Common`, which is no variant without fields",
            "help: name a variant without fields in #[state(removed_variant(Old => New))]",
        ],
    }],
    stuck: &[],
};
