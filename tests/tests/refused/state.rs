//! Changes of state.

use hotmod_host::describe::Rule;

use super::Becomes::{Adopted, Migrated, Refused, Stuck};
use super::Row;

/// Every kind of change.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "docs-changed",
        edits: &[("/// The whole state.", "/// All of the state.")],
        becomes: Adopted,
    },
    Row {
        name: "unrelated-type-added",
        edits: &[(
            "pub type Price = u32;",
            "pub type Price = u32;\n\n#[derive(StableState)]\npub struct Coin(u8);",
        )],
        becomes: Adopted,
    },
    Row {
        name: "version-raised",
        edits: &[("version: \"1.1.0\"", "version: \"1.2.0\"")],
        becomes: Adopted,
    },
    Row {
        name: "field-added-front",
        edits: &[("    first: u32,", "    zeroth: u32,\n    first: u32,")],
        becomes: Refused(&[(Rule::FieldAdded, "World.sample.zeroth")]),
    },
    Row {
        name: "field-added-middle",
        edits: &[("    second: f32,", "    second: f32,\n    between: u8,")],
        becomes: Refused(&[(Rule::FieldAdded, "World.sample.between")]),
    },
    Row {
        name: "field-added-end",
        edits: &[("    fourth: u64,", "    fourth: u64,\n    fifth: u64,")],
        becomes: Refused(&[(Rule::FieldAdded, "World.sample.fifth")]),
    },
    Row {
        name: "field-added-of-no-size",
        edits: &[("    fourth: u64,", "    fourth: u64,\n    nothing: (),")],
        becomes: Refused(&[(Rule::FieldAdded, "World.sample.nothing")]),
    },
    Row {
        name: "field-added-to-the-state",
        edits: &[("    price: Price,", "    price: Price,\n    tax: Price,")],
        becomes: Refused(&[(Rule::FieldAdded, "World.tax")]),
    },
    Row {
        name: "field-removed-front",
        edits: &[("    first: u32,", "")],
        becomes: Refused(&[(Rule::FieldRemoved, "World.sample.first")]),
    },
    Row {
        name: "field-removed-middle",
        edits: &[("    second: f32,", "")],
        becomes: Refused(&[(Rule::FieldRemoved, "World.sample.second")]),
    },
    Row {
        name: "field-removed-end",
        edits: &[("    fourth: u64,", "")],
        becomes: Refused(&[(Rule::FieldRemoved, "World.sample.fourth")]),
    },
    Row {
        name: "field-renamed",
        edits: &[("    second: f32,", "    other: f32,")],
        becomes: Refused(&[
            (Rule::FieldRemoved, "World.sample.second"),
            (Rule::FieldAdded, "World.sample.other"),
        ]),
    },
    Row {
        name: "fields-of-one-type-swapped",
        edits: &[(
            "    third: u64,\n    fourth: u64,",
            "    fourth: u64,\n    third: u64,",
        )],
        becomes: Migrated(
            &[(Rule::Moved, "World.sample")],
            &[("third: 3, fourth: 4", "fourth: 4, third: 3")],
        ),
    },
    Row {
        name: "fields-of-equal-size-swapped",
        edits: &[(
            "    first: u32,\n    second: f32,",
            "    second: f32,\n    first: u32,",
        )],
        becomes: Migrated(
            &[(Rule::Moved, "World.sample")],
            &[("first: 1, second: 2.5", "second: 2.5, first: 1")],
        ),
    },
    Row {
        name: "c-fields-of-one-type-swapped",
        edits: &[(
            "    kind: u32,\n    length: u32,",
            "    length: u32,\n    kind: u32,",
        )],
        becomes: Migrated(
            &[(Rule::Moved, "World.packet")],
            &[("kind: 5, length: 6", "length: 6, kind: 5")],
        ),
    },
    Row {
        name: "c-fields-of-equal-size-swapped",
        edits: &[(
            "    length: u32,\n    rate: f32,",
            "    rate: f32,\n    length: u32,",
        )],
        becomes: Migrated(
            &[(Rule::Moved, "World.packet")],
            &[("length: 6, rate: 7.5", "rate: 7.5, length: 6")],
        ),
    },
    Row {
        name: "names-of-fields-swapped",
        edits: &[(
            "    low: u64,\n    high: u64,",
            "    high: u64,\n    low: u64,",
        )],
        becomes: Migrated(
            &[(Rule::Moved, "World.wide")],
            &[("low: 8, high: 9", "high: 9, low: 8")],
        ),
    },
    Row {
        name: "types-of-fields-swapped",
        edits: &[(
            "    first: u32,\n    second: f32,",
            "    first: f32,\n    second: u32,",
        )],
        becomes: Refused(&[
            (Rule::Narrowed, "World.sample.first"),
            (Rule::Narrowed, "World.sample.second"),
        ]),
    },
    Row {
        name: "field-signed",
        edits: &[("    first: u32,", "    first: i32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.sample.first")]),
    },
    Row {
        name: "field-float",
        edits: &[("    first: u32,", "    first: f32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.sample.first")]),
    },
    Row {
        name: "field-of-bytes",
        edits: &[("    first: u32,", "    first: [u8; 4],")],
        becomes: Refused(&[(Rule::TypeChanged, "World.sample.first")]),
    },
    Row {
        name: "field-char",
        edits: &[("    first: u32,", "    first: char,")],
        becomes: Refused(&[(Rule::TypeChanged, "World.sample.first")]),
    },
    Row {
        name: "field-not-zero",
        edits: &[("    first: u32,", "    first: std::num::NonZeroU32,")],
        becomes: Refused(&[(Rule::TypeChanged, "World.sample.first")]),
    },
    Row {
        name: "field-atomic",
        edits: &[(
            "    first: u32,",
            "    first: std::sync::atomic::AtomicU32,",
        )],
        becomes: Refused(&[(Rule::TypeChanged, "World.sample.first")]),
    },
    Row {
        name: "field-in-a-cell",
        edits: &[("    first: u32,", "    first: std::cell::Cell<u32>,")],
        becomes: Refused(&[(Rule::TypeChanged, "World.sample.first")]),
    },
    Row {
        name: "field-in-a-tuple",
        edits: &[("    first: u32,", "    first: (u32,),")],
        becomes: Refused(&[(Rule::TypeChanged, "World.sample.first")]),
    },
    Row {
        name: "field-widened",
        edits: &[("    first: u32,", "    first: u64,")],
        becomes: Migrated(&[(Rule::Widened, "World.sample.first")], &[]),
    },
    Row {
        name: "field-narrowed",
        edits: &[("    third: u64,", "    third: u32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.sample.third")]),
    },
    Row {
        name: "field-optional",
        edits: &[("    first: u32,", "    first: Option<u32>,")],
        becomes: Migrated(
            &[(Rule::Wrapped, "World.sample.first")],
            &[("first: 1", "first: Some(1)")],
        ),
    },
    Row {
        name: "field-pointer-sized",
        edits: &[("    third: u64,", "    third: usize,")],
        becomes: Refused(&[(Rule::Narrowed, "World.sample.third")]),
    },
    Row {
        name: "alias-becomes-a-newtype",
        edits: &[(
            "pub type Price = u32;",
            "#[derive(StableState, Debug)]\npub struct Price(u32);",
        )],
        becomes: Refused(&[(Rule::TypeChanged, "World.price")]),
    },
    Row {
        name: "newtype-of-another-type",
        edits: &[(
            "pub struct Boxed(Box<Inside>);",
            "pub struct Boxed(Option<Box<Inside>>);",
        )],
        becomes: Migrated(
            &[(Rule::Wrapped, "World.boxed.0")],
            &[(
                "Boxed(Inside { depth: 20 })",
                "Boxed(Some(Inside { depth: 20 }))",
            )],
        ),
    },
    Row {
        name: "alignment-raised",
        edits: &[("pub struct Wide {", "#[repr(align(16))]\npub struct Wide {")],
        becomes: Migrated(&[(Rule::Moved, "World.wide")], &[]),
    },
    Row {
        name: "size-changed-by-alignment",
        edits: &[(
            "pub struct Entry {\n    since: u64,",
            "#[repr(C, align(16))]\npub struct Entry {\n    since: u64,",
        )],
        becomes: Migrated(&[(Rule::Moved, "World.entries[]")], &[]),
    },
    Row {
        name: "item-of-a-list-retyped",
        edits: &[("    silver: u32,", "    silver: f32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.items[].silver")]),
    },
    Row {
        name: "item-of-a-list-renamed",
        edits: &[("    silver: u32,", "    copper: u32,")],
        becomes: Refused(&[
            (Rule::FieldRemoved, "World.items[].silver"),
            (Rule::FieldAdded, "World.items[].copper"),
        ]),
    },
    Row {
        name: "item-of-a-list-swapped",
        edits: &[(
            "    gold: u32,\n    silver: u32,",
            "    silver: u32,\n    gold: u32,",
        )],
        becomes: Migrated(
            &[(Rule::Moved, "World.items[]")],
            &[
                ("gold: 10, silver: 11", "silver: 11, gold: 10"),
                ("gold: 12, silver: 13", "silver: 13, gold: 12"),
            ],
        ),
    },
    Row {
        name: "value-of-a-map-retyped",
        edits: &[("    since: u64,\n}", "    since: i64,\n}")],
        becomes: Refused(&[(Rule::Narrowed, "World.entries[].since")]),
    },
    Row {
        name: "key-of-a-map-retyped",
        edits: &[("    number: u32,", "    number: i32,")],
        becomes: Refused(&[
            (Rule::Narrowed, "World.by_key[key].number"),
            (Rule::KeysChanged, "World.by_key[key]"),
        ]),
    },
    Row {
        name: "option-retyped-inside",
        edits: &[("    taken: u32,", "    taken: i32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.slot?.taken")]),
    },
    Row {
        name: "item-of-an-array-retyped",
        edits: &[("    alive: u8,", "    alive: bool,")],
        becomes: Refused(&[(Rule::TypeChanged, "World.cells[].alive")]),
    },
    Row {
        name: "array-longer",
        edits: &[("    cells: [Cell; 3],", "    cells: [Cell; 4],")],
        becomes: Refused(&[(Rule::ArrayChanged, "World.cells")]),
    },
    Row {
        name: "part-of-a-tuple-retyped",
        edits: &[("    half: u32,", "    half: f32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.both.1.half")]),
    },
    Row {
        name: "parts-of-a-tuple-swapped",
        edits: &[("    both: (u8, Both),", "    both: (Both, u8),")],
        becomes: Refused(&[
            (Rule::TypeChanged, "World.both.0"),
            (Rule::TypeChanged, "World.both.1"),
        ]),
    },
    Row {
        name: "boxed-retyped-inside",
        edits: &[("    depth: u32,", "    depth: i32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.boxed.0.depth")]),
    },
    Row {
        name: "guarded-retyped-inside",
        edits: &[("    held: u32,", "    held: i32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.guarded.held")]),
    },
    Row {
        name: "lock-of-another-kind",
        edits: &[(
            "    guarded: Mutex<Guarded>,",
            "    guarded: std::sync::RwLock<Guarded>,",
        )],
        becomes: Refused(&[(Rule::TypeChanged, "World.guarded")]),
    },
    Row {
        name: "list-of-another-kind",
        edits: &[(
            "    queue: VecDeque<u16>,",
            "    queue: std::collections::LinkedList<u16>,",
        )],
        becomes: Migrated(&[(Rule::Rebuilt, "World.queue")], &[]),
    },
    Row {
        name: "heap-for-a-list",
        edits: &[(
            "    history: Vec<u32>,",
            "    history: std::collections::BinaryHeap<u32>,",
        )],
        becomes: Refused(&[(Rule::TypeChanged, "World.history")]),
    },
    Row {
        name: "item-signed",
        edits: &[("    history: Vec<u32>,", "    history: Vec<i32>,")],
        becomes: Refused(&[(Rule::Narrowed, "World.history[]")]),
    },
    Row {
        name: "map-of-another-kind",
        edits: &[(
            "    entries: HashMap<String, Entry>,",
            "    entries: BTreeMap<String, Entry>,",
        )],
        becomes: Migrated(&[(Rule::Rebuilt, "World.entries")], &[]),
    },
    Row {
        name: "key-of-another-type",
        edits: &[(
            "    entries: HashMap<String, Entry>,",
            "    entries: HashMap<std::path::PathBuf, Entry>,",
        )],
        becomes: Refused(&[(Rule::TypeChanged, "World.entries[key]")]),
    },
    Row {
        name: "variant-added-front",
        edits: &[("    Calm,", "    Asleep,\n    Calm,")],
        becomes: Migrated(&[(Rule::VariantGained, "World.mood::Asleep")], &[]),
    },
    Row {
        name: "variant-added-end",
        edits: &[(
            "    Busy { with: u32, since: u32 },",
            "    Busy { with: u32, since: u32 },\n    Asleep,",
        )],
        becomes: Migrated(&[(Rule::VariantGained, "World.mood::Asleep")], &[]),
    },
    Row {
        name: "variant-removed-front",
        edits: &[("    Calm,", "")],
        becomes: Migrated(&[(Rule::VariantUnused, "World.mood::Calm")], &[]),
    },
    Row {
        name: "variant-removed-end",
        edits: &[("    Busy { with: u32, since: u32 },", "")],
        becomes: Stuck(&[(Rule::VariantUnused, "World.mood::Busy")]),
    },
    Row {
        name: "variant-renamed",
        edits: &[("    Calm,", "    Quiet,")],
        becomes: Migrated(
            &[
                (Rule::VariantUnused, "World.mood::Calm"),
                (Rule::VariantGained, "World.mood::Quiet"),
            ],
            &[],
        ),
    },
    Row {
        name: "variants-reordered",
        edits: &[("    Calm,\n    Angry(u32),", "    Angry(u32),\n    Calm,")],
        becomes: Migrated(&[(Rule::Moved, "World.mood")], &[]),
    },
    Row {
        name: "payload-signed",
        edits: &[("    Angry(u32),", "    Angry(i32),")],
        becomes: Refused(&[(Rule::Narrowed, "World.mood::Angry.0")]),
    },
    Row {
        name: "payload-added",
        edits: &[("    Calm,", "    Calm(u8),")],
        becomes: Refused(&[(Rule::FieldAdded, "World.mood::Calm.0")]),
    },
    Row {
        name: "payload-removed",
        edits: &[("    Angry(u32),", "    Angry,")],
        becomes: Refused(&[(Rule::FieldRemoved, "World.mood::Angry.0")]),
    },
    Row {
        name: "payload-longer",
        edits: &[("    Angry(u32),", "    Angry(u32, u32),")],
        becomes: Refused(&[(Rule::FieldAdded, "World.mood::Angry.1")]),
    },
    Row {
        name: "payload-named",
        edits: &[("    Angry(u32),", "    Angry { with: u32 },")],
        becomes: Refused(&[
            (Rule::FieldRemoved, "World.mood::Angry.0"),
            (Rule::FieldAdded, "World.mood::Angry.with"),
        ]),
    },
    Row {
        name: "payload-fields-renamed",
        edits: &[(
            "    Busy { with: u32, since: u32 },",
            "    Busy { whom: u32, since: u32 },",
        )],
        becomes: Refused(&[
            (Rule::FieldRemoved, "World.mood::Busy.with"),
            (Rule::FieldAdded, "World.mood::Busy.whom"),
        ]),
    },
    Row {
        name: "payload-fields-swapped",
        edits: &[(
            "    Busy { with: u32, since: u32 },",
            "    Busy { since: u32, with: u32 },",
        )],
        becomes: Migrated(
            &[(Rule::Moved, "World.mood")],
            &[("with: 27, since: 28", "since: 28, with: 27")],
        ),
    },
    Row {
        name: "payloads-swapped",
        edits: &[("    Calm,\n    Angry(u32),", "    Calm(u32),\n    Angry,")],
        becomes: Refused(&[
            (Rule::FieldAdded, "World.mood::Calm.0"),
            (Rule::FieldRemoved, "World.mood::Angry.0"),
        ]),
    },
    Row {
        name: "discriminants-swapped",
        edits: &[
            ("    Low = 1,", "    Low = 2,"),
            ("    Middle = 2,", "    Middle = 1,"),
        ],
        becomes: Migrated(&[(Rule::Moved, "World.level")], &[]),
    },
    Row {
        name: "discriminant-changed",
        edits: &[("    High = 3,", "    High = 4,")],
        becomes: Migrated(&[(Rule::Moved, "World.level")], &[]),
    },
    Row {
        name: "variants-reordered-under-their-discriminants",
        edits: &[(
            "    Low = 1,\n    Middle = 2,",
            "    Middle = 2,\n    Low = 1,",
        )],
        becomes: Migrated(&[(Rule::Moved, "World.level")], &[]),
    },
    Row {
        name: "representation-fixed",
        edits: &[("pub enum Level {", "#[repr(u8)]\npub enum Level {")],
        becomes: Migrated(&[(Rule::Moved, "World.level")], &[]),
    },
    Row {
        name: "representation-freed",
        edits: &[("#[repr(u8)]\npub enum Tagged", "pub enum Tagged")],
        becomes: Migrated(&[(Rule::Moved, "World.tagged")], &[]),
    },
    Row {
        name: "representation-wider",
        edits: &[(
            "#[repr(u8)]\npub enum Tagged",
            "#[repr(u16)]\npub enum Tagged",
        )],
        becomes: Migrated(&[(Rule::Moved, "World.tagged")], &[]),
    },
    Row {
        name: "representation-of-c",
        edits: &[(
            "#[repr(u8)]\npub enum Tagged",
            "#[repr(C)]\npub enum Tagged",
        )],
        becomes: Migrated(&[(Rule::Moved, "World.tagged")], &[]),
    },
    Row {
        name: "representation-of-c-and-tag",
        edits: &[(
            "#[repr(u8)]\npub enum Tagged",
            "#[repr(C, u8)]\npub enum Tagged",
        )],
        becomes: Migrated(&[(Rule::Moved, "World.tagged")], &[]),
    },
    Row {
        name: "struct-becomes-an-enum",
        edits: &[(
            "pub struct Sense {\n    angle: f64,\n}",
            "pub enum Sense {\n    Angle(f64),\n}",
        )],
        becomes: Refused(&[(Rule::ShapeChanged, "World.sense")]),
    },
    Row {
        name: "another-meaning",
        edits: &[(
            "pub struct Sense {",
            "#[state(meaning = 1)]\npub struct Sense {",
        )],
        becomes: Refused(&[(Rule::MeaningChanged, "World.sense")]),
    },
    Row {
        name: "another-id",
        edits: &[(
            "pub struct Sense {",
            "#[state(id = \"Direction\")]\npub struct Sense {",
        )],
        becomes: Refused(&[(Rule::TypeChanged, "World.sense")]),
    },
    Row {
        name: "argument-of-a-generic-type",
        edits: &[("    pair: Pair<u16>,", "    pair: Pair<i16>,")],
        becomes: Refused(&[(Rule::TypeChanged, "World.pair")]),
    },
    Row {
        name: "field-of-a-generic-type-added",
        edits: &[("    right: T,", "    right: T,\n    middle: T,")],
        becomes: Refused(&[(Rule::FieldAdded, "World.pair.middle")]),
    },
    Row {
        name: "field-of-a-generic-type-spelled-out",
        edits: &[(
            "    left: T,\n    right: T,",
            "    left: T,\n    right: u16,",
        )],
        becomes: Adopted,
    },
    Row {
        name: "fields-of-a-generic-type-swapped",
        edits: &[("    left: T,\n    right: T,", "    right: T,\n    left: T,")],
        becomes: Migrated(
            &[(Rule::Moved, "World.pair")],
            &[("left: 30, right: 31", "right: 31, left: 30")],
        ),
    },
    Row {
        name: "recursive-generic-retyped",
        edits: &[("    value: T,", "    value: Option<T>,")],
        becomes: Migrated(
            &[(Rule::Wrapped, "World.chain.value")],
            &[
                ("value: 32", "value: Some(32)"),
                ("value: 33", "value: Some(33)"),
            ],
        ),
    },
    Row {
        name: "recursive-generic-argument",
        edits: &[("    chain: Chain<u32>,", "    chain: Chain<f32>,")],
        becomes: Refused(&[(Rule::TypeChanged, "World.chain")]),
    },
    Row {
        name: "recursive-link-changed",
        edits: &[(
            "    next: Option<Box<Chain<T>>>,",
            "    next: Vec<Chain<T>>,",
        )],
        becomes: Refused(&[(Rule::TypeChanged, "World.chain.next")]),
    },
    Row {
        name: "recursive-retyped",
        edits: &[("    leaves: u32,", "    leaves: i32,")],
        becomes: Refused(&[(Rule::Narrowed, "World.tree.leaves")]),
    },
    Row {
        name: "mutually-recursive-retyped",
        edits: &[(
            "    length: u32,\n    tree: Box<Tree>,",
            "    length: f32,\n    tree: Box<Tree>,",
        )],
        becomes: Refused(&[(Rule::Narrowed, "World.tree.branches[].length")]),
    },
    Row {
        name: "mutually-recursive-field-added",
        edits: &[(
            "    tree: Box<Tree>,",
            "    tree: Box<Tree>,\n    bark: u8,",
        )],
        becomes: Refused(&[(Rule::FieldAdded, "World.tree.branches[].bark")]),
    },
    Row {
        name: "const-argument-changed",
        edits: &[("    grid: Grid<2>,", "    grid: Grid<3>,")],
        becomes: Refused(&[(Rule::TypeChanged, "World.grid")]),
    },
    Row {
        name: "under-a-const-argument",
        edits: &[("    rows: [u16; N],", "    rows: [i16; N],")],
        becomes: Refused(&[(Rule::Narrowed, "World.grid.rows[]")]),
    },
    Row {
        name: "state-renamed",
        edits: &[
            (
                "use std::sync::Mutex;",
                "use std::sync::Mutex;\nuse Realm as World;",
            ),
            ("pub struct World {", "pub struct Realm {"),
        ],
        becomes: Refused(&[(Rule::StateChanged, "Arena"), (Rule::TypeChanged, "World")]),
    },
    Row {
        name: "init-removed",
        edits: &[("#[hotmod::init]\n", "")],
        becomes: Refused(&[(Rule::InitRemoved, "World")]),
    },
    Row {
        name: "two-changes-at-once",
        edits: &[
            ("    first: u32,", "    first: i32,"),
            ("    High = 3,", "    High = 4,"),
        ],
        becomes: Refused(&[
            (Rule::Narrowed, "World.sample.first"),
            (Rule::Moved, "World.level"),
        ]),
    },
];
