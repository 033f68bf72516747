//! A migration that fails leaves nothing behind, wherever it fails: the state is as it was and goes
//! on, the place is named, and what was made beside it is gone.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use hotmod_host::{Instance, MigrateError, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::vessels::Vessels;

use super::{create, load, update};

/// A new field that knows whether it was dropped, made before the rest of the item.
const MARK: Edit = (
    "pub struct Item {",
    "pub struct Item {\n    #[state(default = Mark::new())]\n    mark: Mark,",
);
const MADE_MARK: Edit = (
    "            n: if bad { 70_000 }",
    "            mark: Mark::new(),\n            n: if bad { 7 }",
);
/// A type that counts its values that are alive, and panics when it is told to.
const MARKS: Edit = (
    "/// What owns a shared item, outside of the state.",
    "#[derive(StableState, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(Box<u8>);

static LIVE: AtomicI64 = AtomicI64::new(0);
static LEFT: AtomicI64 = AtomicI64::new(i64::MAX);

impl Mark {
    fn new() -> Mark {
        if LEFT.fetch_sub(1, Ordering::Relaxed) == 0 {
            panic!(\"no more marks\");
        }
        LIVE.fetch_add(1, Ordering::Relaxed);
        Mark(Box::new(7))
    }
}

impl Clone for Mark {
    fn clone(&self) -> Mark {
        Mark::new()
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        assert_eq!(*self.0, 7);
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

#[hotmod::export]
pub fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

#[hotmod::export]
pub fn arm(left: i64) {
    LEFT.store(left, Ordering::Relaxed);
}

fn good(name: &String) -> Result<String, String> {
    match &**name {
        \"bad\" => Err(\"is bad\".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn surely(name: &String) -> String {
    good(name).expect(\"a good name\")
}

fn first(name: &String) -> String {
    name.chars().take(1).collect()
}

/// What owns a shared item, outside of the state.",
);
const ATOMICS: Edit = (
    "use std::sync::{Arc,",
    "use std::sync::atomic::{AtomicI64, Ordering};\nuse std::sync::{Arc,",
);

pub(super) static VESSELS: LazyLock<Built> = LazyLock::new(|| {
    let marked = [MARK, MADE_MARK, MARKS, ATOMICS];
    let with = |edits: &[Edit]| [&marked, edits].concat();
    // Without the number, and with names that are all the same.
    let removed = (
        MARK.0,
        "#[state(removed(\"n\"))]\npub struct Item {\n    #[state(default = Mark::new())]\n    mark: \
         Mark,",
    );
    Family::new("vessels")
        .library("faults", &[])
        .variant("marked", &marked)
        .variant(
            "narrowed",
            &with(&[("    n: u32,", "    #[state(checked)]\n    n: u16,")]),
        )
        .variant(
            "failing",
            &with(&[(
                "    name: String,",
                "    #[state(with = good)]\n    name: String,",
            )]),
        )
        .variant(
            "panicking",
            &with(&[(
                "    name: String,",
                "    #[state(with = surely)]\n    name: String,",
            )]),
        )
        .variant(
            "colliding",
            &[
                removed,
                MARKS,
                ATOMICS,
                (
                    "    n: u32,\n    name: String,",
                    "    #[state(default)]\n    m: u8,\n    #[state(with = first)]\n    name: String,",
                ),
                (
                    "            n: if bad { 70_000 } else { self.below(60_000) as _ },",
                    "            mark: Mark::new(),\n            m: 0,",
                ),
            ],
        )
        .variant(
            "unordered",
            &[
                MARK,
                MADE_MARK,
                MARKS,
                ATOMICS,
                (
                    "#[derive(StableState, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]",
                    "#[derive(StableState, Debug, Clone, PartialEq, Eq, Hash)]",
                ),
                (
                    "/// Makes values by chance.",
                    "impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Item) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Item) -> std::cmp::Ordering {
        if self.name == \"bad\" || other.name == \"bad\" {
            panic!(\"no order\");
        }
        (self.n, &self.name).cmp(&(other.n, &other.name))
    }
}

/// Makes values by chance.",
                ),
            ],
        )
        .variant(
            "without-a-variant",
            &with(&[
                ("    Two(u64, Item) = 4,", ""),
                ("            _ => Tagged::Two(s.number(), s.item()),",
                 "            _ => Tagged::Empty,"),
            ]),
        )
        .build()
});

/// A state that does not fit the version that is current.
struct Stuck {
    module: Module<dyn Vessels>,
    all: Instance<dyn Vessels>,
}

impl Stuck {
    /// A state whose first item is a bad one.
    fn new(variant: &str) -> Stuck {
        let module = load::<dyn Vessels>(VESSELS.file(BASE));
        let mut all = create(&module, "");
        all.fill(0, 0).expect("a call");
        update(&module, VESSELS.file(variant));
        let mut stuck = Stuck { module, all };
        stuck.fails();
        stuck
    }

    fn live(&self) -> i64 {
        let live = self.module.function::<fn() -> i64>("live");
        live.expect("the export").call().expect("a call")
    }

    /// Tries again, and checks that this leaves no trace.
    fn fails(&mut self) -> MigrateError {
        let before = self.all.show().expect("a call");
        assert_eq!(self.live(), 0);
        let memory = self.module.memory();
        let error = self.all.migrate().expect_err("a value that does not fit");
        assert_eq!(self.module.memory(), memory, "{error}");
        assert_eq!(self.live(), 0, "{error}");
        assert_eq!(self.all.show().expect("a call"), before, "{error}");
        // Exclusive calls go on where they were.
        self.all.touch().expect("a call");
        assert_eq!(self.all.show().expect("a call"), before, "{error}");
        assert_eq!(self.all.stuck(), Some(&error));
        error
    }

    /// Checks that all that is left in the end is what the state holds.
    fn goes_on(mut self) {
        self.all.fill(9, u64::MAX).expect("a call");
        let items = self.all.items().expect("a call");
        let module = self.module.clone();
        let live = module.function::<fn() -> i64>("live").expect("the export");
        let migrated = self.all.migrate();
        migrated.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(self.all.stuck(), None);
        assert_eq!(live.call().expect("a call").cast_unsigned(), items);
        self.all.show().expect("a call");
        drop(self);
        assert_eq!(live.call().expect("a call"), 0);
    }
}

/// The name of the field of the state that a path leads to.
fn field(path: &str) -> &str {
    let path = path.strip_prefix("All.").expect("a path from the state");
    path.split(['.', '[', ':', '?']).next().unwrap_or(path)
}

/// Fails at every item in turn.
fn fail_everywhere(variant: &str, last: &str, reason: &str, seeds: u64) {
    let mut stuck = Stuck::new(variant);
    let mut paths = BTreeSet::new();
    for seed in 0..seeds {
        stuck.all.fill(seed, u64::MAX).expect("a call");
        for bad in 0..stuck.all.items().expect("a call") {
            stuck.all.fill(seed, bad).expect("a call");
            let shown = stuck.all.show().expect("a call");
            if !shown.contains("\"bad\"") {
                // Two keys were equal, and the bad item was the first of them.
                continue;
            }
            let error = stuck.fails();
            assert!(error.reason.ends_with(reason), "{error}");
            assert!(error.path.ends_with(last), "{error}");
            let named = format!("{}: ", field(&error.path));
            let line = shown.lines().find(|line| line.starts_with(&named));
            assert!(
                line.is_some_and(|line| line.contains("\"bad\"")),
                "{error}\n{shown}"
            );
            paths.insert(error.path);
        }
    }
    for path in [
        "All.array[1]",
        "All.arrays[0][1][0]",
        "All.tuple.2.0",
        "All.vec[2]",
        "All.boxed",
        "All.tree.kids[0].kids[0].item",
        "All.tree.next?.next?.next?.item",
        "All.generic.right[0]",
        "All.tagged[0]::Two.1",
        "All.aligned_box.item",
    ] {
        assert!(
            paths.contains(&format!("{path}{last}")),
            "no {path}{last} in {paths:#?}"
        );
    }
    stuck.goes_on();
}

#[test]
fn a_number_that_does_not_fit_is_found_anywhere() {
    fail_everywhere("narrowed", ".n", "70000 does not fit", 12);
}

#[test]
fn a_function_fails_anywhere() {
    fail_everywhere("failing", ".name", "is bad", 12);
}

#[test]
fn a_function_panics_anywhere() {
    let reason = ": a good name: \"is bad\"";
    fail_everywhere("panicking", ".name", reason, 12);
}

#[test]
fn a_default_panics_anywhere() {
    let module = load::<dyn Vessels>(VESSELS.file(BASE));
    let mut all = create(&module, "");
    all.fill(3, u64::MAX).expect("a call");
    let items = all.items().expect("a call");
    update(&module, VESSELS.file("marked"));
    let arm = module.function::<fn(i64)>("arm").expect("the export");
    let mut stuck = Stuck { module, all };
    for left in 0..items.cast_signed() {
        arm.call(left).expect("a call");
        let error = stuck.fails();
        assert!(error.reason.starts_with("panicked at "), "{error}");
        assert!(error.reason.ends_with(": no more marks"), "{error}");
        assert!(error.path.ends_with(".mark"), "{error}");
    }
    arm.call(i64::MAX).expect("a call");
    stuck.goes_on();
}

#[test]
fn there_is_no_memory_anywhere() {
    let module = load::<dyn Vessels>(VESSELS.file(BASE));
    let mut all = create(&module, "");
    all.fill(3, u64::MAX).expect("a call");
    update(&module, VESSELS.file("marked"));
    module.limit_memory(Some(module.memory().cast_unsigned()));
    let mut stuck = Stuck { module, all };
    let mut paths = BTreeSet::new();
    // Room is made for one block after the other, until there is room for all of them.
    for round in 0.. {
        let error = stuck.fails();
        let wanted = error
            .reason
            .strip_prefix("there is no memory for it: the module would hold ");
        let wanted = wanted.and_then(|reason| reason.split(' ').next());
        let wanted: u64 = wanted
            .and_then(|bytes| bytes.parse().ok())
            .expect("a number of bytes");
        paths.insert(error.path);
        stuck.module.limit_memory(Some(wanted));
        let before = stuck.all.show().expect("a call");
        if stuck.all.migrate().is_ok() {
            assert!(round > 20, "{paths:#?}");
            break;
        }
        assert_eq!(stuck.all.show().expect("a call"), before);
    }
    for field in [
        "All",
        "All.vec",
        "All.deque",
        "All.hash_map",
        "All.boxed",
        "All.shared",
    ] {
        let named = |path: &String| path == field || path.starts_with(&format!("{field}["));
        assert!(paths.iter().any(named), "no {field} in {paths:#?}");
    }
    stuck.module.limit_memory(None);
    let module = stuck.module.clone();
    let live = module.function::<fn() -> i64>("live").expect("the export");
    let items = stuck.all.items().expect("a call");
    assert_eq!(live.call().expect("a call").cast_unsigned(), items);
    drop(stuck);
    assert_eq!(live.call().expect("a call"), 0);
}

#[test]
fn two_keys_do_not_become_one() {
    let mut collided = BTreeSet::new();
    for seed in 0..30 {
        let module = load::<dyn Vessels>(VESSELS.file(BASE));
        let mut all = create(&module, "");
        all.fill(seed, u64::MAX).expect("a call");
        let shown = all.show().expect("a call");
        // Every name starts with the same letter, so two keys are one too many.
        let keys = |field: &str| {
            let line = shown.lines().find(|line| line.starts_with(field));
            line.expect("the field").matches("Item {").count()
        };
        let collides = keys("keyed: ") > 2 || keys("hash_set: ") > 1 || keys("tree_set: ") > 1;
        update(&module, VESSELS.file("colliding"));
        let mut stuck = Stuck { module, all };
        if collides {
            let error = stuck.fails();
            assert_eq!(error.reason, "an equal key or element is there already");
            assert!(error.path.ends_with("[1]"), "{error}");
            collided.insert(error.path);
        } else {
            stuck.all.migrate().expect("no two keys become one");
        }
    }
    assert!(collided.contains("All.keyed[1]"), "{collided:?}");
    assert!(collided.contains("All.hash_set[1]"), "{collided:?}");
    assert!(collided.contains("All.tree_set[1]"), "{collided:?}");
}

/// `BinaryHeap` would go on with an item that is in it already when its `Ord` panics.
#[test]
fn an_order_that_panics_takes_nothing_in() {
    let mut failed = BTreeSet::new();
    for seed in 0..6 {
        let module = load::<dyn Vessels>(VESSELS.file(BASE));
        let mut all = create(&module, "");
        all.fill(seed, u64::MAX).expect("a call");
        for bad in 0..all.items().expect("a call") {
            let module = load::<dyn Vessels>(VESSELS.file(BASE));
            let mut all = create(&module, "");
            all.fill(seed, bad).expect("a call");
            update(&module, VESSELS.file("unordered"));
            let before = all.show().expect("a call");
            let mut stuck = Stuck { module, all };
            let Err(error) = stuck.all.migrate() else {
                continue;
            };
            assert_eq!(error.reason, "hashing or comparing it panicked", "{error}");
            assert_eq!(stuck.live(), 0, "{error}");
            assert_eq!(stuck.all.show().expect("a call"), before, "{error}");
            failed.insert(field(&error.path).to_owned());
        }
    }
    let fields: Vec<_> = failed.iter().map(String::as_str).collect();
    assert_eq!(
        fields,
        ["heap", "keyed", "list_set", "reversed", "tree_set"]
    );
}

#[test]
fn a_variant_that_is_gone_is_not_in_use() {
    let (mut used, mut unused) = (0, 0);
    for seed in 0..30 {
        let module = load::<dyn Vessels>(VESSELS.file(BASE));
        let mut all = create(&module, "");
        all.fill(seed, u64::MAX).expect("a call");
        let shown = all.show().expect("a call");
        update(&module, VESSELS.file("without-a-variant"));
        let mut stuck = Stuck { module, all };
        if shown.contains("Two(") {
            let error = stuck.fails();
            assert!(error.path.starts_with("All.tagged["), "{error}");
            assert_eq!(
                error.reason,
                "the variant `Two` is in use, and what the value becomes has none of this name"
            );
            used += 1;
        } else {
            stuck.all.migrate().expect("the variant is not in use");
            unused += 1;
        }
    }
    assert!(used > 0 && unused > 0, "{used} {unused}");
}

#[test]
fn what_is_shared_with_something_outside_stays() {
    let module = load::<dyn Vessels>(VESSELS.file(BASE));
    let mut all = create(&module, "");
    all.fill(3, u64::MAX).expect("a call");
    all.hold(true).expect("a call");
    update(&module, VESSELS.file("marked"));
    let mut stuck = Stuck { module, all };
    for _ in 0..3 {
        let error = stuck.fails();
        assert!(
            error.reason.starts_with("an `Arc` or `Rc` is also owned"),
            "{error}"
        );
        assert!(error.path.starts_with("All."), "{error}");
    }
    stuck.all.hold(false).expect("a call");
    stuck.goes_on();
}
