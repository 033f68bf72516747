//! Each rule of migration, with and without the attribute that allows it, from real derives.

mod properties;
mod shown;

use std::collections::BTreeSet;

use super::{Plan, Verdict};
use crate::describe::tests::derived::state;
use crate::describe::{Attribute, Description, Hook, Name, Rule, Shape, Type};

struct Row {
    edit: &'static str,
    was: Description,
    now: Description,
    /// The differences: by rule and place, and as they are printed, but each in one line.
    differences: Vec<(Rule, &'static str)>,
    printed: &'static str,
    /// The conversions, as [`shown`] writes them.
    plan: &'static str,
}

/// The fields of `World` before and after, or all items before and after.
macro_rules! row {
    (
        $edit:literal,
        items { $($was:item)* } => { $($now:item)* },
        $differences:expr, $printed:literal, $plan:literal
    ) => {{
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod was {
            #[allow(unused_imports, reason = "only some rows use them")]
            use std::collections::*;
            use crate::StableState;
            $($was)*
        }
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod now {
            #[allow(unused_imports, reason = "only some rows use them")]
            use std::collections::*;
            use crate::StableState;
            $($now)*
        }
        Row {
            edit: $edit,
            was: state::<was::World>(),
            now: state::<now::World>(),
            differences: $differences.into(),
            printed: $printed,
            plan: $plan,
        }
    }};
    (
        $edit:literal,
        { $($was:tt)* } => $(#[$attribute:meta])* { $($now:tt)* },
        $differences:expr, $printed:literal, $plan:literal
    ) => {
        row!(
            $edit,
            items {
                #[derive(StableState)]
                pub(super) struct World { $($was)* }
            } => {
                #[derive(StableState)]
                $(#[$attribute])*
                pub(super) struct World { $($now)* }
            },
            $differences, $printed, $plan
        )
    };
}

// After the macro, which they use too.
mod back;
mod cost;
mod opaque;

#[allow(clippy::too_many_lines, reason = "a table")]
fn structs() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "nothing",
            { a: u32, b: String, c: HashMap<u64, Vec<String>> }
                => { a: u32, b: String, c: HashMap<u64, Vec<String>> },
            [],
            "",
            ""
        ),
        row!(
            "another order",
            { a: u8, b: u64 } => { b: u64, a: u8 },
            [(Moved, "World")],
            "World: fields moved",
            "World: b ← b, a ← a"
        ),
        row!(
            "the places",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u8, b: u64 }
            } => {
                #[derive(StableState)]
                #[repr(C, align(32))]
                pub(super) struct World { a: u8, b: u64 }
            },
            [(Moved, "World")],
            "World: fields moved",
            "World: a ← a, b ← b"
        ),
        row!(
            "a field more",
            { a: u64 } => { a: u64, b: u32 },
            [(FieldAdded, "World.b")],
            "World.b: was absent, now u32 | help: existing state has no value for it; write #[state(default)] or #[state(default = …)], or \
             #[state(was = \"…\")] if it had another name",
            "World: a ← a, b ← default"
        ),
        row!(
            "a field more, by default",
            { a: u64 } => { a: u64, #[state(default)] b: u32 },
            [(Defaulted, "World.b")],
            "World.b: default",
            "World: a ← a, b ← default"
        ),
        row!(
            "a field more, with a value",
            { a: u64 } => { #[state(default = 60 * 60)] b: u32, a: u64 },
            [(Defaulted, "World.b")],
            "World.b: default",
            "World: b ← default, a ← a"
        ),
        row!(
            "an optional field more",
            { a: u64 } => { a: u64, b: Option<String> },
            [(Defaulted, "World.b")],
            "World.b: default",
            "World: a ← a, b ← None"
        ),
        row!(
            "a field less",
            { a: u64, b: String } => { a: u64 },
            [(FieldRemoved, "World.b")],
            "World.b: was String, now absent | help: its value would be lost; write #[state(removed(\"b\"))] on the type, or #[state(was = \"b\")] \
             on the field that it has become",
            "World: a ← a, dropped b"
        ),
        row!(
            "a field less, on purpose",
            { a: u64, b: String, c: u8 } => #[state(removed("b", "c"))] { a: u64 },
            [(Dropped, "World.b"), (Dropped, "World.c")],
            "World.b: removed, dropped\nWorld.c: removed, dropped",
            "World: a ← a, dropped b, dropped c"
        ),
        row!(
            "another name",
            { a: u64 } => { b: u64 },
            [(FieldAdded, "World.b"), (FieldRemoved, "World.a")],
            "World.b: was absent, now u64 | help: existing state has no value for it; write #[state(default)] or #[state(default = …)], or \
             #[state(was = \"…\")] if it had another name\n\
        World.a: was u64, now absent | help: its value would be lost; write #[state(removed(\"a\"))] on the type, or #[state(was = \"a\")] \
             on the field that it has become",
            "World: b ← default, dropped a"
        ),
        row!(
            "another name that says what it was",
            { a: u64 } => { #[state(was = "a")] b: u64 },
            [(Renamed, "World.b")],
            "World.b: renamed from a",
            "World: b ← a"
        ),
        row!(
            "a third name, over two versions",
            { a: u64 } => { #[state(was = "a", was = "b")] c: u64 },
            [(Renamed, "World.c")],
            "World.c: renamed from a",
            "World: c ← a"
        ),
        row!(
            "another name, and a new field under the old one",
            { a: String } => { #[state(default)] a: String, #[state(was = "a")] b: String },
            [(Defaulted, "World.a"), (Renamed, "World.b")],
            "World.a: default\nWorld.b: renamed from a",
            "World: a ← default, b ← a"
        ),
        row!(
            "another name and another type",
            { a: u32 } => { #[state(was = "a")] b: u64 },
            [(Renamed, "World.b"), (Widened, "World.b")],
            "World.b: renamed from a\nWorld.b: widen u32 → u64",
            "World: b ← a number"
        ),
        row!(
            "the transient",
            { a: u64, b: Vec<u8> } => { a: u64, #[state(skip)] b: Vec<u8> },
            [(MadeAnew, "World.b"), (Lost, "World.b")],
            "World.b: made anew\nWorld.b: lost",
            "World: a ← a, b ← anew, dropped b"
        ),
        row!(
            "the transient that stays so",
            { a: u64, #[state(skip)] b: Vec<u8> }
                => { a: u64, #[state(skip, init = Vec::new)] b: Vec<u8> },
            [(MadeAnew, "World.b")],
            "World.b: made anew",
            "World: a ← a, b ← anew, dropped b"
        ),
        row!(
            "the transient that is to be kept",
            { a: u64, #[state(skip)] b: u32 } => { a: u64, #[state(default)] b: u32 },
            [(Defaulted, "World.b"), (Dropped, "World.b")],
            "World.b: default\nWorld.b: removed, dropped",
            "World: a ← a, b ← default, dropped b"
        ),
        row!(
            "the transient that is gone",
            { a: u64, #[state(skip)] b: u32 } => { a: u64 },
            [(Dropped, "World.b")],
            "World.b: removed, dropped",
            "World: a ← a, dropped b"
        ),
        row!(
            "the meaning",
            { a: u64 } => #[state(meaning = 1)] { a: u64 },
            [(MeaningChanged, "World")],
            "World: was meaning 0, now meaning 1 | help: only you know what changed: write a function marked \
             #[hotmod::migrate] that makes the new value from the old one",
            "World: a ← a"
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn values() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "the library that a type is of",
            items {
                #[derive(StableState)]
                pub(super) struct World {
                    a: Vec<u32>,
                    b: String,
                    c: Option<u8>,
                    d: HashMap<u8, String>,
                    e: Box<u8>,
                    f: Result<u8, String>,
                    g: std::time::Duration,
                    h: std::path::PathBuf,
                    j: std::sync::Arc<u8>,
                    k: (u8, u8),
                    l: std::borrow::Cow<'static, str>,
                }
            } => {
                use abi_stable::std_types::*;
                #[derive(StableState)]
                pub(super) struct World {
                    a: RVec<u64>,
                    b: RString,
                    c: ROption<u8>,
                    d: RHashMap<u8, std::borrow::Cow<'static, str>>,
                    e: RBox<u8>,
                    f: RResult<u8, RString>,
                    g: RDuration,
                    h: std::ffi::OsString,
                    i: ROption<u8>,
                    j: RArc<u8>,
                    k: Tuple2<u8, u16>,
                    l: RCowStr<'static>,
                }
            },
            [
                (Widened, "World.a[]"),
                (Rebuilt, "World.a"),
                (Rebuilt, "World.b"),
                (Rebuilt, "World.c"),
                (Rebuilt, "World.d[]"),
                (Rebuilt, "World.d"),
                (Rebuilt, "World.e"),
                (Rebuilt, "World.f?err"),
                (Rebuilt, "World.f"),
                (Rebuilt, "World.g"),
                (Rebuilt, "World.h"),
                (Defaulted, "World.i"),
                (Rebuilt, "World.j"),
                (Widened, "World.k.1"),
                (Rebuilt, "World.k"),
                (Rebuilt, "World.l")
            ],
            "World.a[]: widen u32 → u64\nWorld.a: rebuild Vec<u32> → RVec<u64>\n\
             World.b: rebuild String → RString\nWorld.c: rebuild Option<u8> → ROption<u8>\n\
             World.d[]: rebuild String → Cow<str>\n\
             World.d: rebuild HashMap<u8, String> → RHashMap<u8, Cow<str>>\n\
             World.e: rebuild Box<u8> → RBox<u8>\nWorld.f?err: rebuild String → RString\n\
             World.f: rebuild Result<u8, String> → RResult<u8, RString>\n\
             World.g: rebuild Duration → RDuration\nWorld.h: rebuild PathBuf → OsString\n\
             World.i: default\nWorld.j: rebuild Arc<u8> → RArc<u8>\n\
             World.k.1: widen u8 → u16\nWorld.k: rebuild (u8, u8) → Tuple2<u8, u16>\n\
             World.l: rebuild Cow<str> → RCowStr",
            "World: a ← a items(number), b ← b bytes, c ← c variants(0, 1 0 ← 0), \
             d ← d items(move, bytes), e ← e inside(move), f ← f variants(0 0 ← 0, 1 0 ← 0 bytes), \
             g ← g bytes, h ← h bytes, i ← None, j ← j shared(move), k ← k tuple(move, number), \
             l ← l bytes"
        ),
        row!(
            "how many a tuple has, and which tuple",
            { a: (u8, u8, u8), b: abi_stable::std_types::Tuple2<u8, u8> }
                => { a: abi_stable::std_types::Tuple2<u8, u8>, b: abi_stable::std_types::Tuple1<u8> },
            [(TypeChanged, "World.a"), (TypeChanged, "World.b")],
            "World.a: was (u8, u8, u8), now Tuple2<u8, u8> | help: write \
             #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`\nWorld.b: was Tuple2<u8, u8>, now Tuple1<u8> | help: write \
             #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: a ← a, b ← b"
        ),
        row!(
            "what has owners of two kinds",
            { a: std::sync::Arc<u32>, b: abi_stable::std_types::RArc<u32>, c: std::rc::Rc<u32> }
                => {
                    a: std::sync::Arc<u64>,
                    b: abi_stable::std_types::RArc<u128>,
                    c: std::rc::Rc<u128>,
                },
            [(Widened, "World.a"), (TypeChanged, "World.b"), (Widened, "World.c")],
            "World.a: widen u32 → u64\n\
             World.b: was RArc<u32>, now RArc<u128>, and RArc<u64> elsewhere | help: an item that both \
             own could not be both: let it become the same everywhere, or convert one of them by a \
             function with #[state(with = …)]\nWorld.c: widen u32 → u128",
            "World: a ← a shared(number), b ← b, c ← c shared(number)"
        ),
        row!(
            "what a value says",
            { a: std::time::Duration, b: String }
                => { a: std::time::SystemTime, b: std::path::PathBuf },
            [(TypeChanged, "World.a"), (TypeChanged, "World.b")],
            "World.a: was Duration, now SystemTime | help: write \
             #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`\nWorld.b: was String, now PathBuf | help: write \
             #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: a ← a, b ← b"
        ),
        row!(
            "wider numbers",
            { a: u32, b: u32, c: f32, d: i8 } => { a: u64, b: i64, c: f64, d: i128 },
            [
                (Widened, "World.a"),
                (Widened, "World.b"),
                (Widened, "World.c"),
                (Widened, "World.d")
            ],
            "World.a: widen u32 → u64\nWorld.b: widen u32 → i64\nWorld.c: widen f32 → f64\n\
             World.d: widen i8 → i128",
            "World: a ← a number, b ← b number, c ← c number, d ← d number"
        ),
        row!(
            "a narrower number",
            { a: u32 } => { a: u16 },
            [(Narrowed, "World.a")],
            "World.a: was u32, now u16 | help: narrowing can lose values; write #[state(checked)] to abort on the first that does not fit",
            "World: a ← a number that fits"
        ),
        row!(
            "a narrower number, checked",
            { a: u32 } => { #[state(checked)] a: u16 },
            [(Checked, "World.a")],
            "World.a: checked u32 → u16",
            "World: a ← a number that fits"
        ),
        row!(
            "the sign",
            { a: u32 } => { a: i32 },
            [(Narrowed, "World.a")],
            "World.a: was u32, now i32 | help: narrowing can lose values; write #[state(checked)] to abort on the first that does not fit",
            "World: a ← a number that fits"
        ),
        row!(
            "the sign, checked, deep inside",
            { a: HashMap<u64, Vec<(u8, i32)>> }
                => { #[state(checked)] a: HashMap<u64, Vec<(u8, u32)>> },
            [(Checked, "World.a[][].1")],
            "World.a[][].1: checked i32 → u32",
            "World: a ← a items(move, items(tuple(move, number that fits)))"
        ),
        row!(
            "an `Option` around it",
            { a: u32, b: String } => { a: Option<u32>, b: Option<String> },
            [(Wrapped, "World.a"), (Wrapped, "World.b")],
            "World.a: wrap u32 → Option<u32>\nWorld.b: wrap String → Option<String>",
            "World: a ← a Some(move), b ← b Some(move)"
        ),
        row!(
            "no `Option` around it",
            { a: Option<u32> } => { a: u32 },
            [(Narrowed, "World.a")],
            "World.a: was Option<u32>, now u32 | help: `None` would be lost; write #[state(checked)] to abort if there is one",
            "World: a ← a unwrap(move)"
        ),
        row!(
            "no `Option` around it, checked",
            { a: Option<u32> } => { #[state(checked)] a: u32 },
            [(Checked, "World.a")],
            "World.a: checked Option<u32> → u32",
            "World: a ← a unwrap(move)"
        ),
        row!(
            "a `Box` around it",
            { a: u32, b: Option<u8> } => { a: Box<u32>, b: Box<Option<u8>> },
            [(Wrapped, "World.a"), (Wrapped, "World.b")],
            "World.a: wrap u32 → Box<u32>\nWorld.b: wrap Option<u8> → Box<Option<u8>>",
            "World: a ← a Box(move), b ← b Box(move)"
        ),
        row!(
            "no `Box` around it",
            { a: Box<u32>, b: Box<Option<u8>> } => { a: u32, b: Option<u8> },
            [(Wrapped, "World.a"), (Wrapped, "World.b")],
            "World.a: wrap Box<u32> → u32\nWorld.b: wrap Box<Option<u8>> → Option<u8>",
            "World: a ← a unbox(move), b ← b unbox(move)"
        ),
        row!(
            "wider, in an `Option`",
            { a: u32 } => { a: Option<u64> },
            [(Widened, "World.a"), (Wrapped, "World.a")],
            "World.a: widen u32 → u64\nWorld.a: wrap u32 → Option<u64>",
            "World: a ← a Some(number)"
        ),
        row!(
            "inside of `Option`, `Result` and `Box`",
            { a: Option<u32>, b: Result<u32, u8>, c: Box<u32> }
                => { a: Option<u64>, b: Result<u64, u16>, c: Box<u64> },
            [
                (Widened, "World.a?"),
                (Widened, "World.b?"),
                (Widened, "World.b?err"),
                (Widened, "World.c")
            ],
            "World.a?: widen u32 → u64\nWorld.b?: widen u32 → u64\nWorld.b?err: widen u8 → u16\n\
             World.c: widen u32 → u64",
            "World: a ← a variants(0, 1 0 ← 0 number), b ← b variants(0 0 ← 0 number, 1 0 ← 0 \
             number), c ← c inside(number)"
        ),
        row!(
            "inside of what has one owner, and of what has many",
            { a: std::sync::Mutex<u32>, b: std::sync::Arc<u32> }
                => { a: std::sync::Mutex<u64>, b: std::sync::Arc<u64> },
            [(Widened, "World.a"), (Widened, "World.b")],
            "World.a: widen u32 → u64\nWorld.b: widen u32 → u64",
            "World: a ← a inside(number), b ← b shared(number)"
        ),
        row!(
            "what has many owners, into two types",
            { a: std::sync::Arc<u32>, b: std::sync::Arc<u32> }
                => { a: std::sync::Arc<u64>, b: std::sync::Arc<u128> },
            [(Widened, "World.a"), (TypeChanged, "World.b")],
            "World.a: widen u32 → u64\n\
             World.b: was Arc<u32>, now Arc<u128>, and Arc<u64> elsewhere | help: an item that both own \
             could not be both: let it become the same everywhere, or convert one of them by a \
             function with #[state(with = …)]",
            "World: a ← a shared(number), b ← b"
        ),
        row!(
            "another container",
            { a: Vec<String>, b: HashMap<u64, u8>, c: BTreeSet<u64> }
                => { a: VecDeque<String>, b: BTreeMap<u64, u8>, c: HashSet<u64> },
            [
                (Rebuilt, "World.a"),
                (Rebuilt, "World.b"),
                (Rebuilt, "World.c")
            ],
            "World.a: rebuild Vec<String> → VecDeque<String>\n\
             World.b: rebuild HashMap<u64, u8> → BTreeMap<u64, u8>\n\
             World.c: rebuild BTreeSet<u64> → HashSet<u64>",
            "World: a ← a items(move), b ← b items(move, move), c ← c items(move)"
        ),
        row!(
            "a container of another family",
            { a: Vec<u64> } => { a: HashSet<u64> },
            [(TypeChanged, "World.a")],
            "World.a: was Vec<u64>, now HashSet<u64> | help: write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: a ← a"
        ),
        row!(
            "keys",
            { a: HashMap<u32, u8>, b: BTreeSet<u32> } => { a: HashMap<u64, u8>, b: BTreeSet<u64> },
            [
                (Widened, "World.a[key]"),
                (KeysChanged, "World.a[key]"),
                (Widened, "World.b[]"),
                (KeysChanged, "World.b[]")
            ],
            "World.a[key]: widen u32 → u64\n\
        World.a[key]: was u32, now u64 | help: two keys could become one; write #[state(rebuild)] to abort if that happens\n\
        World.b[]: widen u32 → u64\n\
        World.b[]: was u32, now u64 | help: two keys could become one; write #[state(rebuild)] to abort if that happens",
            "World: a ← a items(number, move), b ← b items(number)"
        ),
        row!(
            "keys, rebuilt",
            { a: HashMap<u32, u8> } => { #[state(rebuild)] a: HashMap<u64, u8> },
            [(Widened, "World.a[key]"), (Rebuilt, "World.a[key]")],
            "World.a[key]: widen u32 → u64\nWorld.a[key]: rebuild u32 → u64",
            "World: a ← a items(number, move)"
        ),
        row!(
            "a longer array",
            { a: [u32; 2] } => { a: [u32; 4] },
            [(ArrayChanged, "World.a")],
            "World.a: was [u32; 2], now [u32; 4] | help: the new elements have no value; write #[state(fill = …)]",
            "World: a ← a array(move)"
        ),
        row!(
            "a longer array, filled",
            { a: [u32; 2] } => { #[state(fill = 7)] a: [u64; 4] },
            [(Widened, "World.a[]"), (Filled, "World.a")],
            "World.a[]: widen u32 → u64\nWorld.a: fill [u32; 2] → [u64; 4]",
            "World: a ← a array(number)"
        ),
        row!(
            "a longer array within another and within a container, of which neither is filled",
            { a: [[u8; 2]; 2], b: [Vec<[u8; 2]>; 1] }
                => { #[state(fill = [7; 3])] a: [[u8; 3]; 2], #[state(fill = Vec::new())] b: [Vec<[u8; 3]>; 1] },
            [(ArrayChanged, "World.a[]"), (ArrayChanged, "World.b[][]")],
            "World.a[]: was [u8; 2], now [u8; 3] | help: the new elements have no value; write \
             #[state(fill = …)]\n\
             World.b[][]: was [u8; 2], now [u8; 3] | help: the new elements have no value; write \
             #[state(fill = …)]",
            "World: a ← a array(array(move)), b ← b array(items(array(move)))"
        ),
        row!(
            "a shorter array",
            { a: [u32; 4] } => { #[state(fill = 7)] a: [u32; 2] },
            [(ArrayChanged, "World.a")],
            "World.a: was [u32; 4], now [u32; 2] | help: elements would be lost; convert it by a function with #[state(with = …)]",
            "World: a ← a array(move)"
        ),
        row!(
            "anything else",
            { a: u32 } => { a: String },
            [(TypeChanged, "World.a")],
            "World.a: was u32, now String | help: write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: a ← a"
        ),
        row!(
            "anything else, by a function",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u32, b: (u32, u8) }
            } => {
                #[derive(StableState)]
                pub(super) struct World {
                    #[state(with = text)]
                    a: String,
                    #[state(with = first)]
                    b: u8,
                }
                fn text(old: &u32) -> String { old.to_string() }
                fn first(old: &(u32, u8)) -> Result<u8, std::num::TryFromIntError> {
                    u8::try_from(old.0)
                }
            },
            [(Converted, "World.a"), (Converted, "World.b")],
            "World.a: convert u32 → String\nWorld.b: convert (u32, u8) → u8",
            "World: a ← function of a, b ← function of b"
        ),
        row!(
            "anything else, by a function of another type",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u32 }
            } => {
                #[derive(StableState)]
                pub(super) struct World {
                    #[state(with = text)]
                    a: String,
                }
                fn text(old: &i32) -> String { old.to_string() }
            },
            [(TypeChanged, "World.a")],
            "World.a: was `u32`, now a function from `&i32` | help: let the function named by #[state(with = …)] take a reference to what the field was, laid out \
             as it was",
            "World: a ← function of a"
        ),
        row!(
            "something beside a field that a function has converted before",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: String, b: u32 }
            } => {
                #[derive(StableState)]
                pub(super) struct World {
                    #[state(with = text)]
                    a: String,
                    b: u64,
                }
                fn text(old: &u32) -> String { old.to_string() }
            },
            [(Widened, "World.b")],
            "World.b: widen u32 → u64",
            "World: a ← a, b ← b number"
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn types() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "a nested type, in what holds it twice",
            items {
                #[derive(StableState)]
                pub(super) struct P { a: u32 }
                #[derive(StableState)]
                pub(super) struct Q { p: P, b: u8 }
                #[derive(StableState)]
                pub(super) struct World { p: P, q: Q }
            } => {
                #[derive(StableState)]
                pub(super) struct P { a: u64 }
                #[derive(StableState)]
                pub(super) struct Q { p: P, b: u8 }
                #[derive(StableState)]
                pub(super) struct World { p: P, q: Q }
            },
            [(Widened, "World.p.a")],
            "World.p.a: widen u32 → u64",
            "World: p ← p P, q ← q Q\nP: a ← a number\nQ: p ← p P, b ← b"
        ),
        row!(
            "one of two types that hold each other",
            items {
                #[derive(StableState)]
                pub(super) struct Ping { pong: Option<Box<Pong>>, count: u32 }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct Both { ping: Ping, pong: Pong }
                #[derive(StableState)]
                pub(super) struct World { both: Vec<Both>, pong: Pong }
            } => {
                #[derive(StableState)]
                pub(super) struct Ping { pong: Option<Box<Pong>>, count: u64 }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct Both { ping: Ping, pong: Pong }
                #[derive(StableState)]
                pub(super) struct World { both: Vec<Both>, pong: Pong }
            },
            [(Widened, "World.both[].ping.count")],
            "World.both[].ping.count: widen u32 → u64",
            "World: both ← both items(Both), pong ← pong Pong\nBoth: ping ← ping Ping, pong ← pong Pong\n\
             Ping: pong ← pong variants(0, 1 0 ← 0 inside(Pong)), count ← count number\n\
             Pong: ping ← ping items(Ping)"
        ),
        row!(
            "the order in one of two types that hold each other",
            items {
                #[derive(StableState)]
                pub(super) struct Ping { pong: Option<Box<Pong>>, count: u32 }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct World { ping: Ping, pong: Pong }
            } => {
                #[derive(StableState)]
                pub(super) struct Ping { count: u32, pong: Option<Box<Pong>> }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct World { ping: Ping, pong: Pong }
            },
            [(Moved, "World.ping")],
            "World.ping: fields moved",
            "World: ping ← ping Ping, pong ← pong Pong\n\
             Ping: count ← count, pong ← pong variants(0, 1 0 ← 0 inside(Pong))\n\
             Pong: ping ← ping items(Ping)"
        ),
        row!(
            "the parts of a key",
            items {
                #[derive(StableState, PartialEq, Eq, PartialOrd, Ord)]
                pub(super) struct Key { n: u32 }
                #[derive(StableState)]
                pub(super) struct World { a: BTreeSet<Key>, b: BTreeMap<Key, u8> }
            } => {
                #[derive(StableState, PartialEq, Eq, PartialOrd, Ord)]
                pub(super) struct Key { n: u64 }
                #[derive(StableState)]
                pub(super) struct World { a: BTreeSet<Key>, b: BTreeMap<Key, u8> }
            },
            [
                (Widened, "World.a[].n"),
                (KeysChanged, "World.a[]"),
                (KeysChanged, "World.b[key]")
            ],
            "World.a[].n: widen u32 → u64\n\
             World.a[]: was Key, now Key, of which World.a[].n changed | help: two keys could become \
             one; write #[state(rebuild)] to abort if that happens\n\
             World.b[key]: was Key, now Key, which changed as said before | help: two keys could \
             become one; write #[state(rebuild)] to abort if that happens",
            "World: a ← a items(Key), b ← b items(Key, move)\nKey: n ← n number"
        ),
        row!(
            "a nested type",
            items {
                #[derive(StableState)]
                pub(super) struct Player { gold: u32 }
                #[derive(StableState)]
                pub(super) struct World { seed: u64, players: HashMap<u64, Player>, best: Player }
            } => {
                #[derive(StableState)]
                pub(super) struct Player { gold: u64, #[state(default)] name: String }
                #[derive(StableState)]
                pub(super) struct World { seed: u64, players: HashMap<u64, Player>, best: Player }
            },
            [
                (Widened, "World.players[].gold"),
                (Defaulted, "World.players[].name")
            ],
            "World.players[].gold: widen u32 → u64\nWorld.players[].name: default",
            "World: seed ← seed, players ← players items(move, Player), best ← best Player\n\
        Player: gold ← gold number, name ← default"
        ),
        row!(
            "a nested type, without a value",
            items {
                #[derive(StableState)]
                pub(super) struct Player { gold: u32 }
                #[derive(StableState)]
                pub(super) struct World { players: Vec<Player> }
            } => {
                #[derive(StableState)]
                pub(super) struct Player { gold: u32, name: String }
                #[derive(StableState)]
                pub(super) struct World { players: Vec<Player> }
            },
            [(FieldAdded, "World.players[].name")],
            "World.players[].name: was absent, now String | help: existing state has no value for it; write #[state(default)] or #[state(default = …)], or \
             #[state(was = \"…\")] if it had another name",
            "World: players ← players items(Player)\nPlayer: gold ← gold, name ← default"
        ),
        row!(
            "a type that contains itself",
            items {
                #[derive(StableState)]
                pub(super) struct World { kids: Vec<World>, value: u32 }
            } => {
                #[derive(StableState)]
                pub(super) struct World { kids: Vec<World>, value: u64 }
            },
            [(Widened, "World.value")],
            "World.value: widen u32 → u64",
            "World: kids ← kids items(World), value ← value number"
        ),
        row!(
            "the meaning of a nested type, converted",
            items {
                #[derive(StableState)]
                pub(super) struct World { length: f64 }
            } => {
                #[derive(StableState)]
                pub(super) struct Metres(f64);
                #[derive(StableState)]
                pub(super) struct World {
                    #[state(with = from_feet)]
                    length: Metres,
                }
                fn from_feet(feet: &f64) -> Metres { Metres(feet * 0.3048) }
            },
            [(Converted, "World.length")],
            "World.length: convert f64 → Metres",
            "World: length ← function of length"
        ),
        row!(
            "a nested type's name",
            items {
                #[derive(StableState)]
                pub(super) struct Player(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Player }
            } => {
                #[derive(StableState)]
                pub(super) struct Hero(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Hero }
            },
            [(TypeChanged, "World.best")],
            "World.best: was Player, now Hero | help: write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: best ← best"
        ),
        row!(
            "a nested type's name that says what it was",
            items {
                #[derive(StableState)]
                pub(super) struct Player(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Player }
            } => {
                #[derive(StableState)]
                #[state(was = "Player")]
                pub(super) struct Hero(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Hero }
            },
            [(Renamed, "World.best")],
            "World.best: renamed from Player",
            "World: best ← best Hero\nHero: 0 ← 0"
        ),
        row!(
            "the state's name",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            } => {
                #[derive(StableState)]
                #[state(id = "Globe")]
                pub(super) struct World { a: u64 }
            },
            [(TypeChanged, "World")],
            "World: was the type of live state, now absent | help: keep the type; if it has another name now, write #[state(was = \"…\")] on it",
            ""
        ),
        row!(
            "the state's name that says what it was",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            } => {
                #[derive(StableState)]
                #[state(id = "Globe", was = "World")]
                pub(super) struct World { a: u64 }
            },
            [(Renamed, "World")],
            "World: renamed from World",
            "Globe: a ← a"
        ),
        row!(
            "a struct where there was an enum",
            items {
                #[derive(StableState)]
                pub(super) enum World { A }
            } => {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            },
            [(ShapeChanged, "World")],
            "World: was an enum, now a struct | help: give the new type another id and convert the fields that hold it by functions with \
             #[state(with = …)]",
            "World:"
        ),
        row!(
            "an enum where there was a struct",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            } => {
                #[derive(StableState)]
                pub(super) enum World { A }
            },
            [(ShapeChanged, "World")],
            "World: was a struct, now an enum | help: give the new type another id and convert the fields that hold it by functions with \
             #[state(with = …)]",
            "World:"
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn enums() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "a variant more, and another order",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u32), B { x: String } }
            } => {
                #[derive(StableState)]
                pub(super) enum World { C, B { x: String }, A(u32) }
            },
            [(VariantGained, "World::C")],
            "World::C: new variant",
            "World: A → A 0 ← 0, B → B x ← x"
        ),
        row!(
            "the order alone",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B }
            } => {
                #[derive(StableState)]
                pub(super) enum World { B, A }
            },
            [(Moved, "World")],
            "World: fields moved",
            "World: A → A, B → B"
        ),
        row!(
            "the representation",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8), B }
            } => {
                #[derive(StableState)]
                #[repr(u16)]
                pub(super) enum World { A(u8), B }
            },
            [(Moved, "World")],
            "World: fields moved",
            "World: A → A 0 ← 0, B → B"
        ),
        row!(
            "fields of a variant",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u32), B { x: u8 } }
            } => {
                #[derive(StableState)]
                #[state(removed("x"))]
                pub(super) enum World { A(u64), B { #[state(default)] y: u8 } }
            },
            [
                (Widened, "World::A.0"),
                (Defaulted, "World::B.y"),
                (Dropped, "World::B.x")
            ],
            "World::A.0: widen u32 → u64\nWorld::B.y: default\nWorld::B.x: removed, dropped",
            "World: A → A 0 ← 0 number, B → B y ← default, dropped x"
        ),
        row!(
            "a variant less",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B(String) }
            } => {
                #[derive(StableState)]
                pub(super) enum World { A }
            },
            [(VariantUnused, "World::B")],
            "World::B: removed, must not be in use | help: to convert such values, write #[state(removed_variant(B => …))] on the enum",
            "World: A → A, B must not be"
        ),
        row!(
            "a variant less that becomes another",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B(String) }
            } => {
                #[derive(StableState)]
                #[state(removed_variant(B => A))]
                pub(super) enum World { A }
            },
            [(VariantReplaced, "World::B")],
            "World::B: becomes A",
            "World: A → A, B → A dropped 0"
        ),
        row!(
            "a variant less that becomes one with fields",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8), B }
            } => {
                #[derive(StableState)]
                #[state(removed_variant(B => A))]
                pub(super) enum World { A(u8) }
            },
            [(VariantRemoved, "World::B")],
            "World::B: was a variant, now `A`, which is no variant without fields | help: name a variant without fields in #[state(removed_variant(Old => New))]",
            "World: A → A 0 ← 0, B must not be"
        ),
        row!(
            "a variant's name that says what it was",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8), B }
            } => {
                #[derive(StableState)]
                pub(super) enum World { #[state(was = "A")] C(u8), B }
            },
            [(Renamed, "World::C")],
            "World::C: renamed from A",
            "World: A → C 0 ← 0, B → B"
        ),
        row!(
            "two variants that become one",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B }
            } => {
                #[derive(StableState)]
                pub(super) enum World { #[state(was = "B")] A }
            },
            [(VariantRemoved, "World::B")],
            "World::B: was a variant, now `A`, which another variant has become | help: let each \
             variant come from one; to convert the values of the other, write \
             #[state(removed_variant(Old => New))] on the enum",
            "World: A → A, B must not be"
        ),
        row!(
            "a variant's name, and a new variant under the old one",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8) }
            } => {
                #[derive(StableState)]
                pub(super) enum World { A(u8), #[state(was = "A")] B(u8) }
            },
            [(Renamed, "World::B"), (VariantGained, "World::A")],
            "World::B: renamed from A\nWorld::A: new variant",
            "World: A → B 0 ← 0"
        ),
    ]
}

/// What the derives do not say.
fn modules() -> Vec<Row> {
    use Rule::*;
    let mut compiler = row!(
        "the compiler",
        { names: Vec<String>, counts: Vec<u64>, flag: bool, clock: std::time::Instant }
            => { names: Vec<String>, counts: Vec<u64>, flag: bool, clock: std::time::Instant },
        [(ToolchainChanged, "World.clock")],
        "World.clock: was `Instant` as rustc 1 lays it out, now as rustc 2 does | help: an `Instant` \
             counts from where only its own compiler's library knows: build both with the same \
             compiler, keep a `Duration` or a `SystemTime`, or make it anew with \
             #[state(skip, init = Instant::now)]",
        "World: names ← names items(bytes), counts ← counts items(move), flag ← flag, clock ← clock"
    );
    "rustc 1".clone_into(&mut compiler.was.toolchain);
    "rustc 2".clone_into(&mut compiler.now.toolchain);

    let hook = || Hook {
        symbol: "hook".to_owned(),
    };
    let world = || Type::from(&<was_and_now::World as crate::Describe>::TYPE);
    let mut converted = row!(
        "the meaning, by a function",
        { a: u64 } => #[state(meaning = 1)] { a: u64 },
        [(Converted, "World")],
        "World: convert World → World",
        "World: by the function"
    );
    converted.now.hooks.insert(world(), hook());
    let mut held = row!(
        "a type by a function, in what holds it twice",
        items {
            #[derive(StableState)]
            pub(super) struct P { a: u32 }
            #[derive(StableState)]
            pub(super) struct Q { p: P }
            #[derive(StableState)]
            pub(super) struct World { p: P, q: Q }
        } => {
            #[derive(StableState)]
            pub(super) struct P { a: u64 }
            #[derive(StableState)]
            pub(super) struct Q { p: P }
            #[derive(StableState)]
            pub(super) struct World { p: P, q: Q }
        },
        [(Converted, "World.p")],
        "World.p: convert P → P",
        "World: p ← p P, q ← q Q\nP: by the function\nQ: p ← p P"
    );
    let part = Type {
        name: Name::Named("P".to_owned()),
        args: Vec::new(),
    };
    held.now.hooks.insert(part, hook());
    let mut unchanged = row!(
        "nothing, beside a function that has made the values before",
        { a: u64 } => { a: u64 },
        [],
        "",
        ""
    );
    unchanged.now.hooks.insert(world(), hook());
    let mut checked = row!(
        "a field more, in a state that is checked",
        { a: u64 } => { a: u64, #[state(default)] b: u64 },
        [(Defaulted, "World.b")],
        "World.b: default",
        "World: a ← a, b ← default"
    );
    checked.now.checks.insert(world(), hook());
    let mut unchecked = row!(
        "a field more, in a state that a check could change",
        { a: std::sync::Mutex<u64> } => { a: std::sync::Mutex<u64>, #[state(default)] b: u64 },
        [(Defaulted, "World.b"), (CheckImpossible, "World")],
        "World.b: default\n\
             World: was checked by a function marked #[hotmod::after_migrate], now a state that \
             holds `Mutex<u64>` | help: a check could change what still belongs to the old state: \
             remove the check, or keep the value outside of it",
        "World: a ← a, b ← default"
    );
    unchecked.now.checks.insert(world(), hook());

    let mut claimed = row!(
        "two fields that say they were the same, which no derive lets pass",
        { a: String } => { #[state(was = "a")] b: String, c: String },
        [(Renamed, "World.b"), (FieldAdded, "World.c")],
        "World.b: renamed from a\n\
         World.c: was absent, now String | help: existing state has no value for it; write \
         #[state(default)] or #[state(default = …)], or #[state(was = \"…\")] if it had another name",
        "World: b ← a, c ← default"
    );
    if let Some(Shape::Struct(fields)) = claimed.now.types.get_mut(&world()).map(|it| &mut it.shape)
    {
        fields[1].attributes.push(Attribute::Was("a".to_owned()));
    }
    vec![
        compiler, converted, held, unchanged, checked, unchecked, claimed,
    ]
}

mod was_and_now {
    #[derive(crate::StableState)]
    #[allow(dead_code, reason = "only the name matters")]
    pub(super) struct World;
}

fn rows() -> Vec<Row> {
    [
        structs(),
        values(),
        types(),
        opaque::rows(),
        enums(),
        modules(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn each_edit_has_its_rules_and_is_printed_so() {
    for row in rows() {
        let plan = Plan::new(&row.was, &row.now);
        let found: Vec<_> = (plan.differences.iter())
            .map(|difference| (difference.rule, difference.path.as_str()))
            .collect();
        assert_eq!(found, row.differences, "edited: {}", row.edit);
        let printed: Vec<_> = plan.differences.iter().map(ToString::to_string).collect();
        let printed = printed.join("\n").replace("\n  help: ", " | help: ");
        assert_eq!(printed, row.printed, "edited: {}", row.edit);
    }
}

#[test]
fn each_edit_is_carried_out_so() {
    for row in rows() {
        let plan = Plan::new(&row.was, &row.now);
        let shown = shown::plan(&plan, &row.was, &row.now);
        assert_eq!(shown, row.plan, "edited: {}", row.edit);
    }
}

#[test]
fn a_plan_refuses_if_one_of_its_rules_does() {
    for row in rows() {
        let rules = row.differences.iter().map(|(rule, _)| rule.verdict());
        let expected = rules.max().unwrap_or(Verdict::Adopt);
        let plan = Plan::new(&row.was, &row.now);
        assert_eq!(plan.verdict(), expected, "edited: {}", row.edit);
    }
}

#[test]
fn every_rule_of_a_plan_has_a_row() {
    let found: BTreeSet<Rule> = rows()
        .iter()
        .flat_map(|row| row.differences.iter().map(|(rule, _)| *rule))
        .collect();
    let of_attributes = [
        Rule::Narrowed,
        Rule::KeysChanged,
        Rule::ArrayChanged,
        Rule::Moved,
        Rule::Defaulted,
        Rule::Dropped,
        Rule::Lost,
        Rule::Renamed,
        Rule::Widened,
        Rule::Wrapped,
        Rule::Checked,
        Rule::Rebuilt,
        Rule::Filled,
        Rule::Converted,
        Rule::MadeAnew,
        Rule::VariantGained,
        Rule::VariantUnused,
        Rule::VariantReplaced,
        Rule::TypeChanged,
        Rule::ShapeChanged,
        Rule::FieldAdded,
        Rule::FieldRemoved,
        Rule::VariantRemoved,
        Rule::MeaningChanged,
        Rule::ToolchainChanged,
        Rule::CheckImpossible,
    ];
    assert_eq!(found, of_attributes.into());
}

#[test]
fn every_refusal_of_a_plan_says_what_to_write() {
    for row in rows() {
        for difference in Plan::new(&row.was, &row.now).differences {
            if difference.rule.refuses() {
                assert!(!difference.help.is_empty(), "edited: {}", row.edit);
            }
        }
    }
}
