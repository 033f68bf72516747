//! Several changes in one update, which are no row of their own.

use super::{Migrated, NEW_FIELD, Refused, Row, Without};

pub(super) const ROW: Row = Row {
    change: "several at once",
    migrated: &[Migrated {
        name: "everything-at-once",
        edits: &[
            (
                "pub struct World {",
                "#[state(removed(\"cache\"))]\npub struct World {\n    season: Option<u8>,",
            ),
            ("    cache: Cache,", ""),
            ("    first: u8,", "    first: u32,"),
            (
                "    gold: u32,",
                "    #[state(was = \"gold\")]\n    coins: u64,",
            ),
            ("    boxed: Box<Hero>,", "    boxed: Option<Box<Hero>>,"),
            ("    heroes: Vec<Hero>,", "    heroes: VecDeque<Box<Hero>>,"),
        ],
        plan: &[
            "World.boxes.boxed: wrap Box<Hero> → Option<Box<Hero>>",
            "World.cache: removed, dropped",
            "World.hero.coins: renamed from gold",
            "World.hero.coins: widen u32 → u64",
            "World.lists.heroes: rebuild Vec<Hero> → VecDeque<Box<Hero>>",
            "World.lists.heroes[]: wrap Hero → Box<Hero>",
            "World.sample.first: widen u8 → u32",
            "World.season: default",
        ],
        shows: &[
            ("World {", "World { season: None,"),
            ("cache: Cache { hits: 33, rows: [\"34\"] }, ", ""),
            ("gold: 12", "coins: 12"),
            ("gold: 13", "coins: 13"),
            (
                "boxed: Hero { name: \"cyd\", gold: 14 }",
                "boxed: Some(Hero { name: \"cyd\", coins: 14 })",
            ),
            ("gold: 22", "coins: 22"),
            ("gold: 23", "coins: 23"),
        ],
        without: Without::Refused(&[
            "World.hero.coins: was absent, now u64",
            NEW_FIELD,
            "World.hero.gold: was u32, now absent",
            "help: its value would be lost; write #[state(removed(\"gold\"))] on the \
                 type, or #[state(was = \"gold\")] on the field that it has become",
            "World.cache: was Cache, now absent",
            "help: its value would be lost; write #[state(removed(\"cache\"))] on the \
                 type, or #[state(was = \"cache\")] on the field that it has become",
        ]),
    }],
    refused: &[Refused {
        name: "two-changes",
        edits: &[
            ("    third: u64,", "    third: u64,\n    fourth: u64,"),
            ("    cells: [u8; 2],", "    cells: [u8; 4],"),
        ],
        says: &[
            "World.sample.fourth: was absent, now u64",
            NEW_FIELD,
            "World.cells.cells: was [u8; 2], now [u8; 4]",
            "help: the new elements have no value; write #[state(fill = …)]",
        ],
    }],
    stuck: &[],
};
