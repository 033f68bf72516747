//! Values that are hard to take along: they share what they own, panic as they are dropped, stand beside keys that
//! change, follow a candidate, or were made by another compiler.

use std::sync::LazyLock;

use super::*;
use hotmod_host::{CanaryOptions, Pool, UpdateState};
use hotmod_tests::compiler::OTHER;

/// Entries that own a tag together with their copies.
const TAGGED: &[Edit] = &[
    (
        "    // more of an entry",
        "    #[state(default = None)]\n    tag: Option<std::sync::Arc<Tag>>,\n    // more of an entry",
    ),
    (
        "        // more of a new entry",
        "        tag: Some(std::sync::Arc::new(Tag { number: 7 })),\n        // more of a new entry",
    ),
];
const TAG: Edit = (
    "// more items",
    "#[derive(StableState, PartialEq, Debug)]\npub struct Tag {\n    number: u32,\n}",
);
const WIDE_TAG: Edit = (
    "// more items",
    "#[derive(StableState, PartialEq, Debug)]\npub struct Tag {\n    number: u64,\n}",
);

/// Entries whose destructor panics for one of them.
const FRAIL: &[Edit] = &[
    (
        "    // more of an entry",
        "    frail: Frail,\n    // more of an entry",
    ),
    (
        "        // more of a new entry",
        "        frail: Frail(key),\n        // more of a new entry",
    ),
    (
        "// more items",
        "#[derive(StableState, Clone, PartialEq, Debug)]
pub struct Frail(u64);

impl Drop for Frail {
    fn drop(&mut self) {
        assert!(self.0 != 3, \"three\");
    }
}",
    ),
];
/// The same without that.
const STRONG: &[Edit] = &[(
    "#[derive(StableState, Clone, PartialEq, Debug)]\npub struct Entry {",
    "#[derive(StableState, Clone, PartialEq, Debug)]\n#[state(removed(\"frail\"))]\npub struct Entry {",
)];

/// A map with derived keys, which `in_row` reads.
const KEYED: &[Edit] = &[
    (
        "    // more fields",
        "    #[state(rebuild)]\n    keyed: HashMap<Key, Lazy<Entry>>,\n    // more fields",
    ),
    (
        "            self.row.push(Lazy::new(entry(key)));",
        "            self.keyed.insert(Key { number: key.try_into().unwrap_or(0) }, Lazy::new(entry(key)));",
    ),
    (
        "        let entry = self.row[place].try_get();",
        "        let key = Key { number: place.try_into().unwrap_or(0) };\n        let entry = self.keyed[&key].try_get();",
    ),
];
const KEY: Edit = (
    "// more items",
    "#[derive(StableState, Debug, PartialEq, Eq, Hash)]\npub struct Key {\n    number: u32,\n}",
);
const WIDE_KEY: Edit = (
    "// more items",
    "#[derive(StableState, Debug, PartialEq, Eq, Hash)]\npub struct Key {\n    number: u64,\n}",
);

static HARD: LazyLock<Built> = LazyLock::new(|| {
    let of = |edits: &[&[Edit]]| edits.concat();
    Family::new("hoard")
        .package("hoard-hard")
        .variant("tagged", &of(&[TAGGED, &[TAG]]))
        .variant("tagged-wide", &of(&[TAGGED, &[SECOND, WIDE_TAG]]))
        .variant("frail", FRAIL)
        .variant("strong", &of(&[&[SECOND], STRONG]))
        .variant("keyed", &of(&[KEYED, &[KEY]]))
        .variant("keyed-wide", &of(&[KEYED, LEVEL, &[SECOND, WIDE_KEY]]))
        .build()
});

fn filled_with(variant: &str, keys: u64) -> (Module<dyn Hoard>, Instance<dyn Hoard>) {
    let module = load::<dyn Hoard>(HARD.file(variant));
    let mut hoard = module.create("").expect("an instance");
    hoard.fill(keys).expect("a call");
    (module, hoard)
}

fn hard_at_rest(names: &[&str]) -> i64 {
    let memory = names
        .iter()
        .map(|name| load::<dyn Hoard>(HARD.file(name)).memory());
    memory.sum()
}

#[test]
fn values_that_share_what_changes_follow_once_one_owns_it() {
    let at_rest = hard_at_rest(&["tagged", "tagged-wide"]);
    let (module, mut hoard) = filled_with("tagged", 4);
    hoard.copy(1, 100).expect("a call");
    update(&module, HARD.file("tagged-wide"));
    let swept = hoard.sweep(LONG);
    assert_eq!((swept.stuck, swept.is_complete), (2, true), "{swept}");
    for key in [1, 100] {
        hoard.entry(key).expect("a call").expect_err("two own it");
    }
    assert!(hoard.entry(2).expect("a call").is_ok());
    assert_eq!(hoard.forget(100), Ok(true));
    let entry = hoard.entry(1).expect("a call").expect("one owns it");
    assert!(entry.contains("Tag { number: 7 }"), "{entry}");
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn a_destructor_that_panics_leaves_its_value_where_it_went() {
    for in_a_call in [true, false] {
        let host = Host::builder().build().expect("a host");
        let events = host.events();
        let module = host.load::<dyn Hoard>(HARD.file("frail"));
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        let mut hoard = module.create("").expect("an instance");
        hoard.fill(5).expect("a call");
        update(&module, HARD.file("strong"));
        let hoard = hoard.share();
        hoard.call(|hoard| hoard.forget(0)).expect("a call");
        if in_a_call {
            let entry = hoard.call_shared(|hoard| hoard.entry(3));
            assert_eq!(entry, Ok(Ok(first(3, 3))));
        }
        let swept = hoard.sweep(LONG);
        assert_eq!(
            (swept.values_stuck, swept.values_remain),
            (0, false),
            "{swept}"
        );
        for key in 1..5 {
            let entry = hoard.call_shared(|hoard| hoard.entry(key));
            assert_eq!(entry, Ok(Ok(first(key, key))));
        }
        drop((hoard, module, host));
        let told = events.filter(|event| event.state == UpdateState::DropPanicked);
        assert_eq!(
            told.count(),
            3,
            "in the map, in the row and within the shelf"
        );
    }
}

#[test]
fn values_beside_keys_that_change_are_where_their_keys_go() {
    let at_rest = hard_at_rest(&["keyed", "keyed-wide"]);
    for is_set_aside in [false, true] {
        let (module, hoard) = filled_with("keyed", 50);
        update(&module, HARD.file("keyed-wide"));
        let hoard = hoard.share();
        if is_set_aside {
            hoard.sweep(Duration::ZERO);
            hoard.sweep(Duration::ZERO);
        }
        for place in 0..25 {
            let entry = hoard.call(|hoard| hoard.in_row(place));
            let key = place as u64;
            assert_eq!(entry, Ok(Ok(levelled(key, key, 5))));
        }
        // The keys are made anew on the way back, too, while values of two versions stand beside them.
        module
            .rollback()
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        for place in 0..50 {
            let entry = hoard.call(|hoard| hoard.in_row(place));
            assert_eq!(entry, Ok(Ok(first(place as u64, place as u64))));
        }
        drop(hoard);
        assert_eq!(module.memory(), at_rest);
    }
}

#[test]
fn values_follow_a_candidate_and_come_back() {
    let at_rest = at_rest(&[BASE, "level"]);
    let module = load::<dyn Hoard>(HOARD.file(BASE));
    let pool: Pool<u64, dyn Hoard> = module.pool();
    for key in 0..4 {
        pool.create(key, "").expect("an instance");
        pool.call(&key, |hoard| hoard.fill(10)).expect("a call");
    }
    let all = CanaryOptions::percent(100);
    let canary = pool.canary(HOARD.file("level"), all);
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    for key in 0..4 {
        let entry = pool.call(&key, |hoard| {
            hoard.earn(1, 1)?.expect("it fits");
            hoard.entry(1)
        });
        assert_eq!(entry, Ok(Ok(levelled(1, 2, 5))));
    }
    // Some are set aside, and some have followed.
    pool.sweep(Duration::ZERO);
    pool.sweep(Duration::from_micros(50));
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
    while pool.sweep(LONG).values_remain {}
    for key in 0..4 {
        for entry_key in 0..10 {
            let entry = pool.call(&key, |hoard| hoard.entry(entry_key));
            let gold = entry_key + u64::from(entry_key == 1);
            assert_eq!(entry, Ok(Ok(first(entry_key, gold))));
        }
    }
    drop((canary, pool));
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn values_follow_to_the_code_of_another_compiler_and_back() {
    let Some(rustc) = &*OTHER else { return };
    let of = |edits: &[&[Edit]]| edits.concat();
    let other = Family::new("hoard").variant("level", &of(&[&[SECOND], LEVEL]));
    let other = other.compiler(rustc.clone()).build();
    let (module, mut hoard) = filled(30);
    update(&module, other.file("level"));
    hoard.earn(3, 4).expect("a call").expect("it fits");
    assert_eq!(hoard.entry(3), Ok(Ok(levelled(3, 7, 5))));
    // Another holder and another key of std's are rebuilt, and the values in them are not.
    assert_eq!(hoard.in_row(29), Ok(Ok(levelled(29, 29, 5))));
    let hoard = hoard.share();
    while hoard.sweep(Duration::from_micros(20)).values_remain {}
    assert_eq!(hoard.call(|hoard| hoard.forget(4)), Ok(true));
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    hoard.settle();
    assert_eq!(
        hoard.call_shared(|hoard| hoard.entry(3)),
        Ok(Ok(first(3, 7)))
    );
    assert_eq!(
        hoard.call_shared(|hoard| hoard.within(29)),
        Ok(Ok(first(29, 29)))
    );
}
