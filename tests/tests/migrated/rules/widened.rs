//! Types that hold every value that there may be.

use super::{Migrated, Refused, Row, Stuck, Without};

pub(super) const ROW: Row = Row {
    change: "widen an integer, `f32` → `f64`, `T` → `Option<T>`, `T` ↔ `Box<T>`, `T` ↔ `Lazy<T>`",
    migrated: &[
        Migrated {
            name: "integers-widened",
            edits: &[
                ("    byte: u8,", "    byte: u16,"),
                ("    word: u32,", "    word: i64,"),
                ("    signed: i8,", "    signed: i128,"),
                ("    long: u64,", "    long: u128,"),
            ],
            plan: &[
                "World.numbers.byte: widen u8 → u16",
                "World.numbers.word: widen u32 → i64",
                "World.numbers.signed: widen i8 → i128",
                "World.numbers.long: widen u64 → u128",
            ],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "shared-number-widened",
            edits: &[
                ("    one: Arc<u32>,", "    one: Arc<u64>,"),
                ("    other: Arc<u32>,", "    other: Arc<u64>,"),
            ],
            plan: &[
                "World.owners.one: widen u32 → u64",
                "World.owners.other: widen u32 → u64",
            ],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "float-widened",
            edits: &[("    single: f32,", "    single: f64,")],
            plan: &["World.numbers.single: widen f32 → f64"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "field-optional",
            edits: &[("    first: u8,", "    first: Option<u8>,")],
            plan: &["World.sample.first: wrap u8 → Option<u8>"],
            shows: &[("first: 1", "first: Some(1)")],
            without: Without::Nothing,
        },
        Migrated {
            name: "field-optional-and-wider",
            edits: &[("    first: u8,", "    first: Option<i32>,")],
            plan: &[
                "World.sample.first: widen u8 → i32",
                "World.sample.first: wrap u8 → Option<i32>",
            ],
            shows: &[("first: 1", "first: Some(1)")],
            without: Without::Nothing,
        },
        Migrated {
            name: "field-boxed",
            edits: &[("    plain: Hero,", "    plain: Box<Hero>,")],
            plan: &["World.boxes.plain: wrap Hero → Box<Hero>"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "field-unboxed",
            edits: &[("    boxed: Box<Hero>,", "    boxed: Hero,")],
            plan: &["World.boxes.boxed: wrap Box<Hero> → Hero"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "field-lazy",
            edits: &[("    plain: Hero,", "    plain: hotmod::Lazy<Hero>,")],
            plan: &["World.boxes.plain: wrap Hero → Lazy<Hero>"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "field-no-longer-lazy",
            edits: &[("    lazy: hotmod::Lazy<Jewel>,", "    lazy: Jewel,")],
            plan: &["World.boxes.lazy: wrap Lazy<Jewel> → Jewel"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "boxed-option",
            edits: &[(
                "    nothing: Option<u32>,",
                "    nothing: Box<Option<u64>>,",
            )],
            plan: &[
                "World.boxes.nothing: wrap Option<u32> → Box<Option<u64>>",
                "World.boxes.nothing?: widen u32 → u64",
            ],
            shows: &[],
            without: Without::Nothing,
        },
    ],
    refused: &[Refused {
        name: "owners-part",
        edits: &[
            ("    one: Arc<u32>,", "    one: Arc<u64>,"),
            ("    other: Arc<u32>,", "    other: Arc<u128>,"),
        ],
        says: &[
            "World.owners.other: was Arc<u32>, now Arc<u128>, and Arc<u64> elsewhere",
            "help: an item that both own could not be both: let it become the same everywhere, or \
                 convert one of them by a function with #[state(with = …)]",
        ],
    }],
    stuck: &[Stuck {
        name: "one-owner-left-behind",
        edits: &[("    one: Arc<u32>,", "    one: Arc<u64>,")],
        path: "World.owners.one",
        reason: "an `Arc` or `Rc` is also owned by something outside of the state, which would go on \
                     with the old value",
    }],
};
