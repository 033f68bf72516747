//! Values that only their author knows how to convert.

use super::{Migrated, NEW_FIELD, OTHER, Refused, Row, Stuck, Without};

pub(super) const ROW: Row = Row {
    change: "anything else",
    migrated: &[
        // Nothing else mentions the generic type that the function takes.
        Migrated {
            name: "generic-converted",
            edits: &[
                (
                    "    pair: Pair<u16>,",
                    "    #[state(with = sum)]\n    pair: u32,",
                ),
                (
                    "#[hotmod::init]",
                    "fn sum(old: &Pair<u16>) -> u32 {\n    u32::from(old.left) + \
                     u32::from(old.right)\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &["World.pair: convert Pair<u16> → u32 by `sum`"],
            shows: &[("pair: Pair { left: 36, right: 37 }", "pair: 73")],
            without: Without::Refused(&["World.pair: was Pair<u16>, now u32", OTHER]),
        },
        Migrated {
            name: "type-made-by-a-function",
            edits: &[
                ("    hits: u32,\n    rows: Vec<String>,", "    total: u32,"),
                (
                    "#[hotmod::init]",
                    "#[hotmod::migrate]\nfn cache(old: &hotmod::Old<'_>) -> Result<Cache, \
                     hotmod::OldError> {\n    let hits: &u32 = old.get(\"hits\")?;\n    let rows: \
                     &Vec<String> = old.get(\"rows\")?;\n    Ok(Cache { total: hits + rows.len() as \
                     u32 })\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &["World.cache: convert Cache → Cache by `cache`"],
            shows: &[("Cache { hits: 33, rows: [\"34\"] }", "Cache { total: 34 }")],
            without: Without::Refused(&[
                "World.cache.total: was absent, now u32",
                NEW_FIELD,
                "World.cache.hits: was u32, now absent",
                "help: its value would be lost; write #[state(removed(\"hits\"))] on the type, or \
                 #[state(was = \"hits\")] on the field that it has become",
                "World.cache.rows: was Vec<String>, now absent",
                "help: its value would be lost; write #[state(removed(\"rows\"))] on the type, or \
                 #[state(was = \"rows\")] on the field that it has become",
            ]),
        },
        Migrated {
            name: "type-made-of-its-old-form",
            edits: &[
                ("    angle: f64,", "    degrees: u32,"),
                (
                    "#[hotmod::init]",
                    "#[derive(hotmod::OldState)]\n#[state(id = \"Sense\")]\nstruct OldSense {\n    \
                     angle: f64,\n}\n\n#[hotmod::migrate]\nfn degrees(old: &hotmod::Old<'_>) -> \
                     Result<Sense, hotmod::OldError> {\n    let old: &OldSense = old.read()?;\n    \
                     Ok(Sense { degrees: old.angle as u32 })\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &["World.sense: convert Sense → Sense by `degrees`"],
            shows: &[("angle: 35.5", "degrees: 35")],
            without: Without::Refused(&[
                "World.sense.degrees: was absent, now u32",
                NEW_FIELD,
                "World.sense.angle: was f64, now absent",
                "help: its value would be lost; write #[state(removed(\"angle\"))] on the \
                 type, or #[state(was = \"angle\")] on the field that it has become",
            ]),
        },
        Migrated {
            name: "struct-converted",
            edits: &[
                (
                    "    hero: Hero,",
                    "    #[state(with = salute)]\n    hero: Option<Box<Sense>>,",
                ),
                (
                    "#[hotmod::init]",
                    "fn salute(old: &Hero) -> Option<Box<Sense>> {\n    Some(Box::new(Sense { angle: \
                     old.gold.into() }))\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &["World.hero: convert Hero → Option<Box<Sense>> by `salute`"],
            shows: &[(
                "hero: Hero { name: \"ada\", gold: 12 }",
                "hero: Some(Sense { angle: 12.0 })",
            )],
            without: Without::Refused(&["World.hero: was Hero, now Sense", OTHER]),
        },
        Migrated {
            name: "field-converted",
            edits: &[
                (
                    "    second: String,",
                    "    #[state(with = String::len)]\n    second: usize,",
                ),
                (
                    "    rows: Vec<String>,",
                    "    #[state(with = count)]\n    rows: u8,",
                ),
                (
                    "#[hotmod::init]",
                    "fn count(old: &Vec<String>) -> Result<u8, std::num::TryFromIntError> {\n    \
                     old.len().try_into()\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &[
                "World.cache.rows: convert Vec<String> → u8 by `count`",
                "World.sample.second: convert String → usize by `String::len`",
            ],
            shows: &[
                ("second: \"two\"", "second: 3"),
                ("rows: [\"34\"]", "rows: 1"),
            ],
            without: Without::Refused(&[
                "World.sample.second: was String, now usize",
                OTHER,
                "World.cache.rows: was Vec<String>, now u8",
                OTHER,
            ]),
        },
        Migrated {
            name: "field-converted-and-renamed",
            edits: &[
                (
                    "    angle: f64,",
                    "    #[state(was = \"angle\", with = degrees)]\n    degrees: String,",
                ),
                (
                    "#[hotmod::init]",
                    "fn degrees(angle: &f64) -> String {\n    format!(\"{angle}°\")\n}\n\n\
                     #[hotmod::init]",
                ),
            ],
            plan: &[
                "World.sense.degrees: renamed from angle",
                "World.sense.degrees: convert f64 → String by `degrees`",
            ],
            shows: &[("angle: 35.5", "degrees: \"35.5°\"")],
            without: Without::Refused(&[
                "World.sense.degrees: was absent, now String",
                NEW_FIELD,
                "World.sense.angle: was f64, now absent",
                "help: its value would be lost; write #[state(removed(\"angle\"))] on the \
                 type, or #[state(was = \"angle\")] on the field that it has become",
            ]),
        },
    ],
    refused: &[
        Refused {
            name: "anything-else",
            edits: &[("    second: String,", "    second: char,")],
            says: &["World.sample.second: was String, now char", OTHER],
        },
        Refused {
            name: "with-of-another-type",
            edits: &[
                (
                    "    second: String,",
                    "    #[state(with = length)]\n    second: usize,",
                ),
                (
                    "#[hotmod::init]",
                    "fn length(old: &Vec<u8>) -> usize {\n    old.len()\n}\n\n#[hotmod::init]",
                ),
            ],
            says: &[
                "World.sample.second: was `String`, now a function from `&Vec<u8>`",
                "help: let the function named by `with` take a reference to what the \
                 field was, laid out as it was",
            ],
        },
    ],
    stuck: &[Stuck {
        name: "function-that-fails",
        edits: &[
            (
                "    name: String,",
                "    #[state(with = number)]\n    name: u32,",
            ),
            (
                "#[hotmod::init]",
                "fn number(old: &String) -> Result<u32, std::num::ParseIntError> {\n    \
                     old.parse()\n}\n\n#[hotmod::init]",
            ),
        ],
        path: "World.hero.name",
        reason: "invalid digit found in string",
    }],
};
