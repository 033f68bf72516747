//! Containers of another kind.

use super::{Migrated, OTHER, Refused, Row, Without};

pub(super) const ROW: Row = Row {
    change: "`Vec` ↔ `VecDeque`, `HashMap` ↔ `BTreeMap`, sets likewise",
    migrated: &[
        Migrated {
            name: "lists-of-another-kind",
            edits: &[
                ("    vec: Vec<u16>,", "    vec: VecDeque<u16>,"),
                (
                    "    deque: VecDeque<String>,",
                    "    deque: LinkedList<String>,",
                ),
                ("    linked: LinkedList<u16>,", "    linked: Vec<u16>,"),
            ],
            plan: &[
                "World.lists.vec: rebuild Vec<u16> → VecDeque<u16>",
                "World.lists.deque: rebuild VecDeque<String> → LinkedList<String>",
                "World.lists.linked: rebuild LinkedList<u16> → Vec<u16>",
            ],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "maps-and-sets-of-another-kind",
            edits: &[
                (
                    "    hashed: HashMap<u32, String>,",
                    "    hashed: BTreeMap<u32, String>,",
                ),
                (
                    "    hash_set: HashSet<u32>,",
                    "    hash_set: BTreeSet<u32>,",
                ),
            ],
            plan: &[
                "World.keys.hashed: rebuild HashMap<u32, String> → BTreeMap<u32, String>",
                "World.keys.hash_set: rebuild HashSet<u32> → BTreeSet<u32>",
            ],
            shows: &[],
            without: Without::Nothing,
        },
    ],
    refused: &[Refused {
        name: "list-for-a-set",
        edits: &[("    vec: Vec<u16>,", "    vec: HashSet<u16>,")],
        says: &["World.lists.vec: was Vec<u16>, now HashSet<u16>", OTHER],
    }],
    stuck: &[],
};
