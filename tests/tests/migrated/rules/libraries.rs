//! Types that another library has too.

use super::{Migrated, Row, Without};

pub(super) const ROW: Row = Row {
    change: "a type of the standard library ↔ abi_stable's (`Vec` ↔ `RVec`, `String` ↔ `RString`, `Arc` \
             ↔ `RArc`, `(A, B)` ↔ `Tuple2<A, B>`, …)",
    migrated: &[
        Migrated {
            name: "texts-of-another-library",
            edits: &[
                ("    text: String,", "    text: RString,"),
                ("    cow: Cow<'static, str>,", "    cow: RCowStr<'static>,"),
                ("    length: Duration,", "    length: RDuration,"),
            ],
            plan: &[
                "World.libraries.text: rebuild String → RString",
                "World.libraries.cow: rebuild Cow<str> → RCowStr",
                "World.libraries.length: rebuild Duration → RDuration",
            ],
            shows: &[(
                "length: 54ms",
                "length: RDuration { seconds: 0, subsec_nanos: 54000000 }",
            )],
            without: Without::Nothing,
        },
        Migrated {
            name: "containers-of-another-library",
            edits: &[
                ("    list: Vec<u16>,", "    list: RVec<u32>,"),
                (
                    "    map: HashMap<u8, String>,",
                    "    map: RHashMap<u8, RString>,",
                ),
                ("    boxed: Box<u8>,", "    boxed: RBox<u8>,"),
            ],
            plan: &[
                "World.libraries.list[]: widen u16 → u32",
                "World.libraries.list: rebuild Vec<u16> → RVec<u32>",
                "World.libraries.map[]: rebuild String → RString",
                "World.libraries.map: rebuild HashMap<u8, String> → RHashMap<u8, RString>",
                "World.libraries.boxed: rebuild Box<u8> → RBox<u8>",
            ],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "choices-of-another-library",
            edits: &[
                ("    option: Option<u8>,", "    option: ROption<u8>,"),
                (
                    "    result: Result<u8, String>,",
                    "    result: RResult<u8, RString>,",
                ),
                ("    pair: (u8, u16),", "    pair: Tuple2<u8, u16>,"),
            ],
            plan: &[
                "World.libraries.option: rebuild Option<u8> → ROption<u8>",
                "World.libraries.result?err: rebuild String → RString",
                "World.libraries.result: rebuild Result<u8, String> → RResult<u8, RString>",
                "World.libraries.pair: rebuild (u8, u16) → Tuple2<u8, u16>",
            ],
            shows: &[
                ("option: Some(49)", "option: RSome(49)"),
                ("result: Err", "result: RErr"),
                ("pair: (52", "pair: Tuple2(52"),
            ],
            without: Without::Nothing,
        },
        Migrated {
            name: "owners-of-another-library",
            edits: &[
                ("    owned: Arc<String>,", "    owned: RArc<RString>,"),
                (
                    "    owned_too: Arc<String>,",
                    "    owned_too: Arc<RString>,",
                ),
            ],
            plan: &[
                "World.libraries.owned: rebuild String → RString",
                "World.libraries.owned: rebuild Arc<String> → RArc<RString>",
                "World.libraries.owned_too: rebuild String → RString",
            ],
            shows: &[],
            without: Without::Nothing,
        },
    ],
    refused: &[],
    stuck: &[],
};
