//! Types that do not hold every value that there may be.

use super::{Migrated, NARROWS, Refused, Row, Stuck, Without};

pub(super) const ROW: Row = Row {
    change: "narrow, change sign, `Option<T>` → `T`",
    migrated: &[
        Migrated {
            name: "field-narrowed-checked",
            edits: &[("    long: u64,", "    #[state(checked)]\n    long: u8,")],
            plan: &["World.numbers.long: checked u64 → u8"],
            shows: &[],
            without: Without::Refused(&["World.numbers.long: was u64, now u8", NARROWS]),
        },
        Migrated {
            name: "sign-checked",
            edits: &[
                ("    byte: u8,", "    #[state(checked)]\n    byte: i16,"),
                ("    signed: i8,", "    #[state(checked)]\n    signed: i8,"),
                ("    size: usize,", "    #[state(checked)]\n    size: i8,"),
            ],
            plan: &[
                "World.numbers.byte: widen u8 → i16",
                "World.numbers.size: checked usize → i8",
            ],
            shows: &[],
            without: Without::Refused(&["World.numbers.size: was usize, now i8", NARROWS]),
        },
        Migrated {
            name: "float-narrowed-checked",
            edits: &[(
                "    double: f64,",
                "    #[state(checked)]\n    double: f32,",
            )],
            plan: &["World.numbers.double: checked f64 → f32"],
            shows: &[],
            without: Without::Refused(&["World.numbers.double: was f64, now f32", NARROWS]),
        },
        Migrated {
            name: "option-unwrapped-checked",
            edits: &[(
                "    perhaps: Option<u32>,",
                "    #[state(checked)]\n    perhaps: u32,",
            )],
            plan: &["World.boxes.perhaps: checked Option<u32> → u32"],
            shows: &[("perhaps: Some(15)", "perhaps: 15")],
            without: Without::Refused(&[
                "World.boxes.perhaps: was Option<u32>, now u32",
                "help: `None` would be lost; write #[state(checked)] to abort if there is one",
            ]),
        },
    ],
    refused: &[
        Refused {
            name: "sign-lost",
            edits: &[("    signed: i8,", "    signed: u64,")],
            says: &["World.numbers.signed: was i8, now u64", NARROWS],
        },
        Refused {
            name: "integer-for-a-float",
            edits: &[("    word: u32,", "    word: f32,")],
            says: &["World.numbers.word: was u32, now f32", NARROWS],
        },
        Refused {
            name: "pointer-sized",
            edits: &[("    long: u64,", "    long: usize,")],
            says: &["World.numbers.long: was u64, now usize", NARROWS],
        },
    ],
    stuck: &[
        Stuck {
            name: "number-that-does-not-fit",
            edits: &[("    word: u32,", "    #[state(checked)]\n    word: i32,")],
            path: "World.numbers.word",
            reason: "4000000000 does not fit",
        },
        Stuck {
            name: "sign-that-does-not-fit",
            edits: &[("    signed: i8,", "    #[state(checked)]\n    signed: u64,")],
            path: "World.numbers.signed",
            reason: "-5 does not fit",
        },
        Stuck {
            name: "fraction-that-does-not-fit",
            edits: &[(
                "    double: f64,",
                "    #[state(checked)]\n    double: u64,",
            )],
            path: "World.numbers.double",
            reason: "7.5 does not fit",
        },
        Stuck {
            name: "none-that-does-not-fit",
            edits: &[(
                "    nothing: Option<u32>,",
                "    #[state(checked)]\n    nothing: u32,",
            )],
            path: "World.boxes.nothing",
            reason: "`None` does not fit",
        },
        Stuck {
            name: "item-that-does-not-fit",
            edits: &[(
                "    vec: Vec<u16>,",
                "    #[state(checked)]\n    vec: VecDeque<u8>,",
            )],
            path: "World.lists.vec[1]",
            reason: "17000 does not fit",
        },
    ],
};
