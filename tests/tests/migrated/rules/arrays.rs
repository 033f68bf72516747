//! Arrays of another length.

use super::{Migrated, Refused, Row, Stuck, Without};

pub(super) const ROW: Row = Row {
    change: "array grows",
    migrated: &[
        Migrated {
            name: "array-filled",
            edits: &[(
                "    cells: [u8; 2],",
                "    #[state(fill = 7)]\n    cells: [u8; 4],",
            )],
            plan: &["World.cells.cells: fill [u8; 2] → [u8; 4]"],
            shows: &[("[29, 30]", "[29, 30, 7, 7]")],
            without: Without::Refused(&[
                "World.cells.cells: was [u8; 2], now [u8; 4]",
                "help: the new elements have no value; write #[state(fill = …)]",
            ]),
        },
        Migrated {
            name: "array-filled-and-widened",
            edits: &[(
                "    cells: [u8; 2],",
                "    #[state(fill = 700)]\n    cells: [u16; 3],",
            )],
            plan: &[
                "World.cells.cells[]: widen u8 → u16",
                "World.cells.cells: fill [u8; 2] → [u16; 3]",
            ],
            shows: &[("[29, 30]", "[29, 30, 700]")],
            without: Without::Refused(&[
                "World.cells.cells: was [u8; 2], now [u16; 3]",
                "help: the new elements have no value; write #[state(fill = …)]",
            ]),
        },
    ],
    refused: &[Refused {
        name: "array-shrunk",
        edits: &[("    cells: [u8; 2],", "    cells: [u8; 1],")],
        says: &[
            "World.cells.cells: was [u8; 2], now [u8; 1]",
            "help: elements would be lost; convert it by a function with #[state(with = …)]",
        ],
    }],
    // The elements that were made already are given up.
    stuck: &[Stuck {
        name: "fill-that-panics",
        edits: &[(
            "    words: [Vec<u16>; 1],",
            "    #[state(fill = panic!(\"no {}\", 2))]\n    words: [Vec<u32>; 3],",
        )],
        path: "World.cells.words[1]",
        reason: ": no 2",
    }],
};
