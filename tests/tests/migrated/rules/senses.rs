//! The same bytes with another meaning.

use super::{Migrated, Row, Without};

pub(super) const ROW: Row = Row {
    change: "same layout, other sense",
    migrated: &[Migrated {
        name: "meaning-raised",
        edits: &[
            (
                "pub struct Sense {",
                "#[state(meaning = 1)]\npub struct Sense {",
            ),
            (
                "#[hotmod::init]",
                "#[hotmod::migrate]\nfn halved(old: &hotmod::Old<'_>) -> Result<Sense, \
                 hotmod::OldError> {\n    let angle: &f64 = old.get(\"angle\")?;\n    \
                 Ok(Sense { angle: angle / 2.0 })\n}\n\n#[hotmod::init]",
            ),
        ],
        plan: &["World.sense: convert Sense → Sense by `halved`"],
        shows: &[("angle: 35.5", "angle: 17.75")],
        without: Without::Refused(&[
            "World.sense: was meaning 0, now meaning 1",
            "help: only you know what changed: write a function marked \
                 #[hotmod::migrate] that makes the new value from the old one",
        ]),
    }],
    refused: &[],
    stuck: &[],
};
