//! A changed item in every container and smart pointer, against a reference that cannot be wrong: the
//! old state, printed, with the change made to the text.

use std::sync::LazyLock;

use hotmod_host::{Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::vessels::Vessels;

use super::{at_rest, create, load, update};

/// The field that a grown item has more.
const LEVEL: Edit = (
    "    name: String,",
    "    name: String,\n    #[state(default = 7)]\n    level: u8,",
);
/// A variant makes items too, once a state is at it.
const MADE_LEVEL: Edit = (
    "            n: if bad",
    "            level: 7,\n            n: if bad",
);

/// A type without a size that is aligned otherwise.
const VOID: Edit = ("#[repr(align(256))]", "#[repr(align(512))]");

/// Every container into another.
const OTHERS: &[Edit] = &[
    ("    vec: Vec<Item>,", "    vec: VecDeque<Item>,"),
    ("    deque: VecDeque<Item>,", "    deque: LinkedList<Item>,"),
    ("    linked: LinkedList<Item>,", "    linked: Vec<Item>,"),
    (
        "    hash_map: HashMap<String, Item>,",
        "    hash_map: BTreeMap<String, Item>,",
    ),
    (
        "    tree_map: BTreeMap<u32, Item>,",
        "    tree_map: BTreeMap<u32, Box<Item>>,",
    ),
    (
        "    hash_set: HashSet<Item>,",
        "    hash_set: BTreeSet<Item>,",
    ),
    ("    boxed: Box<Item>,", "    boxed: Item,"),
    (
        "    ref_cell: RefCell<Item>,",
        "    ref_cell: RefCell<Box<Item>>,",
    ),
    (
        "    deep: HashMap<String, Vec<Option<Box<(u8, [Item; 2])>>>>,",
        "    deep: BTreeMap<String, VecDeque<Option<(u8, Box<[Item; 2]>)>>>,",
    ),
    ("    r_vec: RVec<Item>,", "    r_vec: VecDeque<Item>,"),
    (
        "    r_vecs: RVec<RVec<Item>>,",
        "    r_vecs: Vec<RVec<Item>>,",
    ),
    (
        "    r_map: RHashMap<String, Item>,",
        "    r_map: HashMap<RString, Item>,",
    ),
    ("    r_box: RBox<Item>,", "    r_box: Box<Item>,"),
    (
        "    r_some: ROption<Item>,",
        "    r_some: Option<RBox<Item>>,",
    ),
    ("    r_none: ROption<Item>,", "    r_none: Option<Item>,"),
    (
        "    r_good: RResult<Item, RString>,",
        "    r_good: Result<Item, String>,",
    ),
    ("    r_text: RString,", "    r_text: String,"),
    (
        "    tuple: (u8, Item, (Item, u64)),",
        "    tuple: Tuple3<u8, Item, Tuple2<Item, u64>>,",
    ),
    (
        "    r_tuple: Tuple3<u8, Item, Tuple2<Item, u64>>,",
        "    r_tuple: (u8, Item, (Item, u64)),",
    ),
    ("    r_single: Tuple1<u8>,", "    r_single: (u8,),"),
    (
        "    r_four: Tuple4<u8, Item, u16, Item>,",
        "    r_four: (u8, Item, u16, Item),",
    ),
    (
        "    shared: Vec<Arc<Item>>,",
        "    shared: RVec<RArc<Item>>,",
    ),
    (
        "    shared_twice: Arc<Vec<Arc<Item>>>,",
        "    shared_twice: RArc<Vec<RArc<Item>>>,",
    ),
    ("    r_arc: RArc<Item>,", "    r_arc: Arc<Item>,"),
    (
        "    r_shared: Vec<RArc<Item>>,",
        "    r_shared: Vec<Arc<Item>>,",
    ),
    (
        "    r_cow: RCowStr<'static>,",
        "    r_cow: Cow<'static, str>,",
    ),
    ("    cow: Cow<'static, str>,", "    cow: RString,"),
    ("    path: PathBuf,", "    path: OsString,"),
    ("    os_text: OsString,", "    os_text: PathBuf,"),
    ("    length: Duration,", "    length: RDuration,"),
    ("    r_length: RDuration,", "    r_length: Duration,"),
    (
        "    mutexes: VecDeque<Mutex<LinkedList<RefCell<Item>>>>,",
        "    mutexes: Vec<Mutex<Vec<RefCell<Item>>>>,",
    ),
];

/// What a variant with other containers needs to make states, which it never does.
const NOT_MADE: &[Edit] = &[
    (
        "    let all = source.all();\n    All {\n        items: source.made,\n        ..all\n    }",
        "    unimplemented!(\"only ever an update of {}\", source.made)",
    ),
    (
        "    fn all(&mut self) -> All {",
        "    #[cfg(any())]\n    fn all(&mut self) -> All {",
    ),
];

pub(super) static VESSELS: LazyLock<Built> = LazyLock::new(|| {
    let grown: &[Edit] = &[("    n: u32,", "    n: u64,"), LEVEL, MADE_LEVEL, VOID];
    let others = [OTHERS, NOT_MADE].concat();
    let both = [grown, OTHERS, NOT_MADE].concat();
    Family::new("vessels")
        .variant("grown", grown)
        .variant("others", &others)
        .variant("both", &both)
        .build()
});

struct Filled {
    module: Module<dyn Vessels>,
    all: Instance<dyn Vessels>,
    shown: String,
}

/// A state full of what comes of a seed.
fn filled(seed: u64) -> Filled {
    let module = load::<dyn Vessels>(VESSELS.file(BASE));
    let mut all = create(&module, "");
    all.fill(seed, u64::MAX).expect("a call");
    let shown = all.show().expect("a call");
    Filled { module, all, shown }
}

/// The old state with the change made to the text: an item ends after its name, and nothing else
/// ends in a text and a brace.
fn grown(shown: &str) -> String {
    shown.replace("\" }", "\", level: 7 }")
}

/// The text of a field without the names of abi_stable's types.
fn plain(shown: &str) -> String {
    let lines = shown
        .split_inclusive('\n')
        .map(|line| match line.split(':').next() {
            Some("r_some" | "r_none" | "r_good") => line
                .replace("RSome", "Some")
                .replace("RNone", "None")
                .replace("ROk", "Ok"),
            Some("r_tuple" | "r_four") => ["Tuple2", "Tuple3", "Tuple4"]
                .iter()
                .fold(line.to_owned(), |line, name| line.replace(name, "")),
            Some("r_single") => line.replace("Tuple1", "").replace(')', ",)"),
            Some("tuple") => line.replace(": (", ": Tuple3(").replace(", (", ", Tuple2("),
            _ => line.to_owned(),
        });
    lines.collect()
}

/// Migrates to the variant, and expects this; then migrates back, where there is a way.
fn expect(variant: &str, seed: u64, expected: fn(&str) -> String) {
    let mut filled = filled(seed);
    assert!(filled.shown.contains("placed: true"), "{}", filled.shown);
    update(&filled.module, VESSELS.file(variant));
    let migrated = filled.all.migrate();
    migrated.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let shown = filled.all.show().expect("a call");
    assert_eq!(shown, expected(&filled.shown), "seed {seed}");
    if filled.module.update(VESSELS.file(BASE)).is_ok() {
        let back = filled.all.migrate();
        back.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let shown = filled.all.show().expect("a call");
        assert_eq!(shown, filled.shown, "seed {seed}");
    }
    drop(filled.all);
    let files = [BASE, variant].map(|variant| VESSELS.file(variant));
    assert_eq!(
        filled.module.memory(),
        at_rest::<dyn Vessels>(files),
        "seed {seed}: nothing is leaked"
    );
}

#[test]
fn an_item_grows_in_every_container() {
    for seed in 0..40 {
        expect("grown", seed, grown);
    }
}

#[test]
fn every_container_becomes_another() {
    for seed in 0..40 {
        expect("others", seed, plain);
    }
}

#[test]
fn an_item_grows_while_its_container_becomes_another() {
    for seed in 0..40 {
        expect("both", seed, |shown| plain(&grown(shown)));
    }
}
