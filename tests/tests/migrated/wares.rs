//! Types of the standard library beside its containers of items, against a reference that cannot be
//! wrong: the old state, printed, with the change made to the text.

use std::cmp::Ordering;
use std::net::SocketAddr;
use std::ops::{Bound, Range, RangeInclusive};
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use hotmod_host::describe::Rule;
use hotmod_host::plan::Plan;
use hotmod_host::{Instance, Module, inspect};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::wares::Wares;

use super::{at_rest, create, load, update};

/// An item with a wider number and a field more, and numbers that are wider too.
const GROWN: &[Edit] = &[
    ("    boxed: Box<str>,", "    boxed: Box<Box<str>>,"),
    (
        "            boxed: self.text().into(),",
        "            boxed: Box::new(self.text().into()),",
    ),
    (
        "    boxed_items: Box<[Item]>,",
        "    boxed_items: Box<Box<[Item]>>,",
    ),
    (
        "            boxed_items: self.many(Self::item),",
        "            boxed_items: Box::new(self.many(Self::item)),",
    ),
    ("    n: u32,", "    n: u64,"),
    ("    // more", "    #[state(default = 7)]\n    level: u8,"),
    ("            // make", "            level: 7,"),
    (
        "    ranges: Vec<Range<u16>>,",
        "    ranges: Vec<Range<u32>>,",
    ),
    (
        "            ranges: self.many(|s| s.number() as u16..s.number() as u16),",
        "            ranges: Vec::new(),",
    ),
    (
        "    saturating: Saturating<u16>,",
        "    saturating: Saturating<u64>,",
    ),
    (
        "            saturating: Saturating(self.number() as u16),",
        "            saturating: Saturating(self.number()),",
    ),
    (
        "    wrapping: Wrapping<u16>,",
        "    wrapping: Wrapping<u32>,",
    ),
    (
        "            wrapping: Wrapping(self.number() as u16),",
        "            wrapping: Wrapping(self.number() as u32),",
    ),
];

/// Wider bounds.
const STEPPED: Edit = (
    "    steps: RangeInclusive<u16>,",
    "    steps: RangeInclusive<u32>,",
);

/// Bounds that are not counted.
const UNCOUNTED: &[Edit] = &[
    (
        "    steps: RangeInclusive<u16>,",
        "    steps: RangeInclusive<Box<u16>>,",
    ),
    (
        "        let mut steps = 3..=5;
        if seed % 2 == 1 {
            steps.by_ref().for_each(drop);
        }
",
        "        let steps = Box::new(3)..=Box::new(seed as u16 % 2 + 5);\n",
    ),
];

/// A mark that grew, whatever owned the old one.
const MARKED: &[Edit] = &[
    (
        "    x: u16,\n    y: u8,\n}",
        "    x: u32,\n    y: u16,\n    #[state(default = 7)]\n    level: u8,\n}",
    ),
    (
        "&[Mark { x: 1, y: 2 }, Mark { x: 3, y: 4 }, Mark { x: 65_535, y: 255 }]",
        "&[]",
    ),
    (
        "    sum: u64,\n}",
        "    sum: u64,\n    #[state(default)]\n    more: u64,\n}",
    ),
    ("        Sum { sum: 7 }", "        Sum { sum: 7, more: 0 }"),
    (
        "    boxed_numbers: Box<[u16]>,",
        "    boxed_numbers: Box<[u32]>,",
    ),
    (
        "            boxed_numbers: self.many(|s| (s.number() as u16).into()),",
        "            boxed_numbers: self.many(|s| s.number() as u32),",
    ),
];

/// Each type into one of its kin.
const KIN: &[Edit] = &[
    (
        "    address: IpAddr,",
        "    #[state(checked)]\n    address: Ipv4Addr,",
    ),
    ("    address_4: Ipv4Addr,", "    address_4: IpAddr,"),
    ("    address_6: Ipv6Addr,", "    address_6: IpAddr,"),
    (
        "    socket: SocketAddr,",
        "    #[state(checked)]\n    socket: SocketAddrV6,",
    ),
    ("    socket_4: SocketAddrV4,", "    socket_4: SocketAddr,"),
    ("    socket_6: SocketAddrV6,", "    socket_6: SocketAddr,"),
    ("    boxed: Box<str>,", "    boxed: String,"),
    ("    shared: Arc<str>,", "    shared: Box<str>,"),
    (
        "    boxes: HashMap<Box<str>, Vec<Box<str>>>,",
        "    boxes: BTreeMap<Arc<str>, LinkedList<Cow<'static, str>>>,",
    ),
    ("    c_text: CString,", "    c_text: Arc<CStr>,"),
    ("    boxed_c: Box<CStr>,", "    boxed_c: CString,"),
    (
        "    shared_c: Arc<CStr>,",
        "    shared_c: Cow<'static, CStr>,",
    ),
    ("    cow_c: Cow<'static, CStr>,", "    cow_c: Box<CStr>,"),
    ("    boxed_path: Box<Path>,", "    boxed_path: PathBuf,"),
    (
        "    shared_path: Arc<Path>,",
        "    shared_path: Box<OsStr>,",
    ),
    (
        "    cow_path: Cow<'static, Path>,",
        "    cow_path: Arc<Path>,",
    ),
    (
        "    boxed_os: Box<OsStr>,",
        "    boxed_os: Cow<'static, OsStr>,",
    ),
    ("    shared_os: Arc<OsStr>,", "    shared_os: OsString,"),
    ("    cow_os: Cow<'static, OsStr>,", "    cow_os: Box<Path>,"),
    ("    os_text: OsString,", "    os_text: Cow<'static, Path>,"),
    ("    cell: OnceCell<Item>,", "    cell: OnceLock<Item>,"),
    ("    empty_cell: OnceCell<Item>,", "    empty_cell: Held,"),
    ("    lock: OnceLock<Item>,", "    lock: Held,"),
    (
        "    empty_lock: OnceLock<Item>,",
        "    empty_lock: OnceCell<Box<Item>>,",
    ),
    (
        "    saturating: Saturating<u16>,",
        "    saturating: Wrapping<u16>,",
    ),
    (
        "    wrapping: Wrapping<u16>,",
        "    wrapping: Saturating<u16>,",
    ),
    ("    linked: LinkedList<Item>,", "    linked: Box<[Item]>,"),
    (
        "    boxed_items: Box<[Item]>,",
        "    boxed_items: Vec<Item>,",
    ),
    (
        "    boxed_numbers: Box<[u16]>,",
        "    boxed_numbers: LinkedList<u16>,",
    ),
    (
        "    nested_boxes: Vec<Box<[Box<[Item]>]>>,",
        "    nested_boxes: Box<[VecDeque<Box<[Item]>>]>,",
    ),
    (
        "    cow_bytes: Cow<'static, [u8]>,",
        "    cow_bytes: Box<[u8]>,",
    ),
    (
        "    cow_marks: Cow<'static, [Mark]>,",
        "    cow_marks: Vec<Mark>,",
    ),
    (
        "    fast: HashMap<Item, Item, Fast>,",
        "    fast: HashMap<Item, Item>,",
    ),
    (
        "    fast_set: HashSet<u32, BuildHasherDefault<Sum>>,",
        "    fast_set: HashSet<u32, Fast>,",
    ),
    (
        "    std_hashed: HashMap<String, Item, BuildHasherDefault<DefaultHasher>>,",
        "    std_hashed: BTreeMap<String, Item>,",
    ),
    (
        "/// Makes values by chance.",
        "type Held = Option<Item>;\n\ntrait Get { fn get(&self) -> Option<&Item>; }\n\nimpl Get for Held {\n    \
         fn get(&self) -> Option<&Item> { self.as_ref() }\n}\n\n/// Makes values by chance.",
    ),
];

/// Functions that pass them.
const CROSSING: &[Edit] = &[(
    "/// What has no order of its own.",
    r#"/// Whatever these are, by value.
#[hotmod::export]
pub fn echo(socket: SocketAddr, text: Box<str>, shared: Arc<str>, range: RangeInclusive<u16>, bound: Bound<u8>, once: OnceLock<u32>, path: Arc<Path>, ordering: Ordering) -> (SocketAddr, Box<str>, Arc<str>, RangeInclusive<u16>, Bound<u8>, OnceLock<u32>, Arc<Path>, Ordering)
{
    (socket, text, shared, range, bound, once, path, ordering.reverse())
}

/// Whatever these are, by reference.
#[hotmod::export]
pub fn describe(text: &Box<str>, range: &mut Range<u16>, once: &OnceLock<u32>) -> String {
    range.end += 1;
    format!("{text} {range:?} {:?}", once.set(7))
}

/// What has no order of its own."#,
)];

/// What a variant with other types needs to make states, which it never does.
const NOT_MADE: &[Edit] = &[
    (
        "    Source { state: 0 }.all()",
        "    unimplemented!(\"only ever an update\")",
    ),
    (
        "        *self = Source { state: seed }.all();",
        "        unimplemented!(\"only ever an update of {seed}\")",
    ),
    (
        "    fn all(&mut self) -> All {",
        "    #[cfg(any())]\n    fn all(&mut self) -> All {",
    ),
];

pub(super) static WARES: LazyLock<Built> = LazyLock::new(|| {
    let kin = [KIN, NOT_MADE].concat();
    let grown: Vec<Edit> = GROWN
        .iter()
        .filter(|(from, _)| !KIN.iter().any(|(known, _)| known == from))
        .filter(|(_, to)| !to.contains("Saturating(") && !to.contains("Wrapping("))
        .copied()
        .collect();
    let both = [&grown[..], KIN, NOT_MADE].concat();
    Family::new("wares")
        .variant("grown", GROWN)
        .variant("kin", &kin)
        .variant("marked", MARKED)
        .variant("stepped", &[STEPPED])
        .variant("uncounted", UNCOUNTED)
        .variant("crossing", CROSSING)
        .variant("both", &both)
        .build()
});

/// A state full of what comes of a seed, and what it shows.
fn filled(seed: u64) -> (Module<dyn Wares>, Instance<dyn Wares>, String) {
    let module = load::<dyn Wares>(WARES.file(BASE));
    let mut all = create(&module, "");
    all.fill(seed).expect("a call");
    let shown = all.show().expect("a call");
    (module, all, shown)
}

/// The old state with the change made to the text.
pub(super) fn grown(shown: &str) -> String {
    shown.replace("\" }", "\", level: 7 }")
}

/// Migrates to the variant, and expects this; then goes back, and expects what was.
fn expect(variant: &str, seed: u64, expected: fn(&str) -> String) {
    let (module, mut all, was) = filled(seed);
    update(&module, WARES.file(variant));
    let migrated = all.migrate();
    migrated.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let shown = all.show().expect("a call");
    assert_eq!(shown, expected(&was), "seed {seed}");
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    all.migrate()
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert_eq!(all.show().expect("a call"), was, "seed {seed}");
    drop(all);
    let files = [BASE, variant].map(|variant| WARES.file(variant));
    let at_rest = at_rest::<dyn Wares>(files);
    assert_eq!(module.memory(), at_rest, "seed {seed}: nothing is leaked");
}

#[test]
fn an_item_grows_in_whatever_holds_it() {
    for seed in 0..20 {
        expect("grown", seed, grown);
    }
}

/// Items of a slice that the code of the old version holds are copied, and never given up.
#[test]
fn what_has_no_owner_grows_too() {
    for seed in 0..20 {
        expect("marked", seed, |shown| {
            let line = |line: &str| match line.starts_with("cow_marks") {
                true => line.replace(" }", ", level: 7 }"),
                false => line.to_owned(),
            };
            shown.lines().map(|it| line(it) + "\n").collect()
        });
    }
}

#[test]
fn every_type_becomes_one_of_its_kin() {
    for seed in 0..20 {
        expect("kin", seed, str::to_owned);
    }
}

#[test]
fn an_item_grows_while_what_holds_it_becomes_its_kin() {
    for seed in 0..20 {
        expect("both", seed, grown);
    }
}

type Wared = (
    SocketAddr,
    Box<str>,
    Arc<str>,
    RangeInclusive<u16>,
    Bound<u8>,
    OnceLock<u32>,
    Arc<Path>,
    Ordering,
);
type Echo = fn(
    SocketAddr,
    Box<str>,
    Arc<str>,
    RangeInclusive<u16>,
    Bound<u8>,
    OnceLock<u32>,
    Arc<Path>,
    Ordering,
) -> Wared;
type Describe = fn(&Box<str>, &mut Range<u16>, &OnceLock<u32>) -> String;

#[test]
fn they_cross_by_value_and_by_reference() {
    let module = load::<dyn Wares>(WARES.file("crossing"));
    let echo = module.function::<Echo>("echo").expect("the export");
    let socket: SocketAddr = "[::1]:80".parse().expect("an address");
    let sent: (Arc<str>, Arc<Path>) = ("für Ada".into(), Path::new("/a").into());
    let (text, once, bound) = ("b".into(), OnceLock::from(5), Bound::Excluded(3));
    let back = echo.call(
        socket,
        text,
        sent.0.clone(),
        1..=9,
        bound,
        once,
        sent.1.clone(),
        Ordering::Less,
    );
    let once = OnceLock::from(5);
    let expected = (
        socket,
        "b".into(),
        sent.0,
        1..=9,
        bound,
        once,
        sent.1,
        Ordering::Greater,
    );
    assert_eq!(back.expect("a call"), expected);

    let describe = module.function::<Describe>("describe").expect("the export");
    let (mut range, once) = (1..3, OnceLock::new());
    let said = describe.call(&"b".into(), &mut range, &once);
    assert_eq!(said.expect("a call"), "b 1..4 Ok(())");
    assert_eq!((range, once.get()), (1..4, Some(&7)));
}

/// Nothing but what was changed is looked into.
#[test]
fn what_did_not_change_is_moved() {
    let file = WARES.file(BASE);
    let same = inspect(&file).expect("a module");
    let plan = Plan::new(same.manifest(), same.manifest());
    assert_eq!(plan.differences, []);
}

/// What hashes a map that is built anew is made anew, and finds all of its keys; the plan says so.
#[test]
fn a_hasher_with_fields_is_made_anew() {
    let [was, now] = [BASE, "grown"].map(|file| inspect(WARES.file(file)).expect("a module"));
    let plan = Plan::new(was.manifest(), now.manifest());
    let anew: Vec<_> = (plan.differences.iter())
        .filter(|it| it.rule == Rule::MadeAnew)
        .map(ToString::to_string)
        .collect();
    assert_eq!(anew, ["All.seeded.hasher: made anew"]);
}

/// Of every second seed, one was.
#[test]
fn a_range_that_was_iterated_to_its_end_is_one_of_other_numbers() {
    for seed in 0..4 {
        expect("stepped", seed, str::to_owned);
    }
}

/// What is not counted is not iterated.
#[test]
fn a_range_that_was_iterated_to_its_end_is_none_of_what_is_not_counted() {
    let (module, mut all, was) = filled(3);
    update(&module, WARES.file("uncounted"));
    let error = all.migrate().expect_err("it was iterated to its end");
    assert_eq!(error.path, "All.steps");
    assert_eq!(
        error.reason,
        "it is a range that was iterated to its end, and what the value becomes cannot be one"
    );
    assert_eq!(all.show().expect("a call"), was);
    all.fill(4).expect("a call");
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
}

/// One that is no address of the fourth version stays where it is, with all of its state.
#[test]
fn an_address_that_does_not_fit_is_named() {
    let wares = |address: &str, checked: &str| {
        format!(
            "
            use hotmod::StableState;
            hotmod::module! {{ name: \"peer\", version: \"1.0.0\" }}
            #[derive(StableState)]
            pub struct Peer {{ {checked} address: Vec<{address}> }}
            #[hotmod::init]
            fn new_peer() -> Peer {{
                Peer {{ address: [\"127.0.0.1\", \"::1\"].iter().flat_map(|it| it.parse()).collect() }}
            }}
            "
        )
    };
    let built = |name, source| Family::written(name, source).build().file(BASE);
    let was = built("peer-was", wares("std::net::IpAddr", ""));
    let unchecked = built("peer-unchecked", wares("std::net::Ipv4Addr", ""));
    let [was, unchecked] = [was, unchecked].map(|file| inspect(file).expect("a module"));
    let plan = Plan::new(was.manifest(), unchecked.manifest());
    let refused = plan.differences.iter().find(|it| it.rule == Rule::Narrowed);
    assert_eq!(
        refused.map(ToString::to_string).as_deref(),
        Some(
            "Peer.address[]: was IpAddr, now Ipv4Addr\n  help: not every address is one of these; \
             write #[state(checked)] to abort on the first that is not"
        )
    );
    let back = Plan::back(unchecked.manifest(), was.manifest());
    assert!(back.is_lossless());
}
