//! What becomes of a field's value.

use hotmod::describe::Rule;

use super::{Row, state};

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows() -> Vec<Row> {
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
            "World.a: convert u32 → String by `text`\nWorld.b: convert (u32, u8) → u8 by `first`",
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
            "World.a: was `u32`, now a function from `&i32` | help: let the function named by `with` take a reference to what the field was, laid out \
             as it was",
            "World: a ← function of a"
        ),
        row!(
            "something beside a field that a function is to make from what it was before",
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
            [(TypeChanged, "World.a"), (Widened, "World.b")],
            "World.a: was `String`, now a function from `&u32` | help: let the function named by `with` \
             take a reference to what the field is in the running version, or remove `with` where its \
             values need no conversion any more\n\
             World.b: widen u32 → u64",
            "World: a ← function of a, b ← b number"
        ),
    ]
}
