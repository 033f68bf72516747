//! Keys and elements that are converted, so that two of them may become equal.

use super::{Migrated, NARROWS, Refused, Row, Stuck, Without};

const KEYS: &str =
    "help: two keys could become one; write #[state(rebuild)] to abort if that happens";

pub(super) const ROW: Row = Row {
    change: "map key or set element type",
    migrated: &[Migrated {
        name: "keys-rebuilt",
        edits: &[
            (
                "    hashed: HashMap<u32, String>,",
                "    #[state(rebuild)]\n    hashed: HashMap<u64, String>,",
            ),
            (
                "    sorted: BTreeMap<u32, String>,",
                "    #[state(rebuild)]\n    sorted: BTreeMap<i64, Option<String>>,",
            ),
            (
                "    tree_set: BTreeSet<i32>,",
                "    #[state(rebuild, checked)]\n    tree_set: BTreeSet<i8>,",
            ),
        ],
        plan: &[
            "World.keys.hashed[key]: rebuild u32 → u64",
            "World.keys.hashed[key]: widen u32 → u64",
            "World.keys.sorted[]: wrap String → Option<String>",
            "World.keys.sorted[key]: rebuild u32 → i64",
            "World.keys.sorted[key]: widen u32 → i64",
            "World.keys.tree_set[]: checked i32 → i8",
            "World.keys.tree_set[]: rebuild i32 → i8",
        ],
        shows: &[("\"y\"", "Some(\"y\")"), ("\"z\"", "Some(\"z\")")],
        without: Without::Refused(&[
            "World.keys.hashed[key]: was u32, now u64",
            KEYS,
            "World.keys.sorted[key]: was u32, now i64",
            KEYS,
            "World.keys.tree_set[]: was i32, now i8",
            NARROWS,
            "World.keys.tree_set[]: was i32, now i8",
            KEYS,
        ]),
    }],
    refused: &[Refused {
        name: "elements-widened",
        edits: &[(
            "    tree_set: BTreeSet<i32>,",
            "    tree_set: BTreeSet<i64>,",
        )],
        says: &["World.keys.tree_set[]: was i32, now i64", KEYS],
    }],
    stuck: &[Stuck {
        name: "two-elements-become-one",
        edits: &[
            (
                "    names: BTreeSet<Name>,",
                "    #[state(rebuild)]\n    names: BTreeSet<Name>,",
            ),
            (
                "pub struct Name {",
                "#[state(removed(\"family\"))]\npub struct Name {",
            ),
            ("    family: u8,", ""),
        ],
        path: "World.keys.names[1]",
        reason: "an equal key or element is there already",
    }],
};
