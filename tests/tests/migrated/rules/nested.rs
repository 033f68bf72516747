//! Types within what holds them.

use super::{Migrated, NARROWS, Refused, Row, Without};

pub(super) const ROW: Row = Row {
    change: "nested type; in a `Lazy`, each value by itself, when it is used",
    migrated: &[
        Migrated {
            name: "nested-change",
            edits: &[("    gold: u32,", "    gold: u64,")],
            plan: &["World.hero.gold: widen u32 → u64"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "lazy-value-changed",
            edits: &[("    worth: u32,", "    worth: u64,")],
            plan: &[
                "World.boxes.lazy: each value follows when it is used, Lazy<Jewel> → Lazy<Jewel>",
                "World.boxes.lazy.worth: widen u32 → u64",
            ],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "lazy-value-optional",
            edits: &[(
                "    lazy: hotmod::Lazy<Jewel>,",
                "    lazy: hotmod::Lazy<Option<Jewel>>,",
            )],
            plan: &[
                "World.boxes.lazy: each value follows when it is used, Lazy<Jewel> → \
                 Lazy<Option<Jewel>>",
                "World.boxes.lazy: wrap Jewel → Option<Jewel>",
            ],
            shows: &[("Jewel { worth: 77 }", "Some(Jewel { worth: 77 })")],
            without: Without::Nothing,
        },
        Migrated {
            name: "value-of-a-map-optional",
            edits: &[(
                "    sorted: BTreeMap<u32, String>,",
                "    sorted: BTreeMap<u32, Option<String>>,",
            )],
            plan: &["World.keys.sorted[]: wrap String → Option<String>"],
            shows: &[("\"y\"", "Some(\"y\")"), ("\"z\"", "Some(\"z\")")],
            without: Without::Nothing,
        },
    ],
    refused: &[Refused {
        name: "nested-refused",
        edits: &[("    gold: u32,", "    gold: i32,")],
        says: &["World.hero.gold: was u32, now i32", NARROWS],
    }],
    stuck: &[],
};
