//! Items that keep their size are converted where they are, once nothing can fail any more: in every
//! container, whatever moves inside of them, and never before a call looks at them.

use std::sync::LazyLock;

use hotmod_host::Host;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::survey::Survey;
use hotmod_tests::interfaces::vessels::Vessels;

use super::{create, load, update};

const ITEM: &str = "pub struct Item {\n    n: u32,\n    name: String,\n}";

/// The number grows into what was padding.
const WIDER: Edit = (ITEM, "pub struct Item {\n    n: u64,\n    name: String,\n}");

/// Both fields lie where the other was.
const MOVED: Edit = (
    ITEM,
    "#[repr(C)]\npub struct Item {\n    n: u32,\n    name: String,\n}",
);

/// The text is dropped, and something takes its place.
const OTHER: Edit = (
    ITEM,
    "#[state(removed(\"name\"))]\npub struct Item {\n    n: u32,\n    #[state(default = [7; \
     3])]\n    words: [u64; 3],\n}",
);
const MADE_OTHER: Edit = (
    "            name: if bad { \"bad\".to_owned() } else { format!(\"i{}\", self.text()) },",
    "            words: [7; 3],",
);

/// The last of the fields cannot be made.
const FAILS: Edit = (
    "    untouched: HashMap<String, Vec<String>>,",
    "    #[state(with = never)]\n    untouched: HashMap<String, Vec<String>>,",
);
const NEVER: Edit = (
    "/// Makes values by chance.",
    "fn never(_: &HashMap<String, Vec<String>>) -> Result<HashMap<String, Vec<String>>, String> {
    Err(\"not this time\".to_owned())
}

/// Makes values by chance.",
);

pub(super) static VESSELS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("vessels")
        .library("in-place", &[])
        .variant("wider", &[WIDER])
        .variant("moved", &[MOVED])
        .variant("other", &[OTHER, MADE_OTHER])
        .variant("wider-and-failing", &[WIDER, FAILS, NEVER])
        .variant("moved-and-failing", &[MOVED, FAILS, NEVER])
        .build()
});

/// Migrates states to the variant, and expects this. In the end nothing is left.
fn expect(variant: &str, expected: fn(&str) -> String) {
    let without_state = load::<dyn Vessels>(VESSELS.file(BASE));
    update(&without_state, VESSELS.file(variant));
    for seed in 0..40 {
        let module = load::<dyn Vessels>(VESSELS.file(BASE));
        let mut all = create(&module, "");
        all.fill(seed, u64::MAX).expect("a call");
        let shown = all.show().expect("a call");
        update(&module, VESSELS.file(variant));
        let migrated = all.migrate();
        migrated.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let now = all.show().expect("a call");
        assert_eq!(now, expected(&shown), "seed {seed}");
        drop(all);
        assert_eq!(module.memory(), without_state.memory(), "seed {seed}");
    }
}

#[test]
fn a_number_grows_in_place() {
    expect("wider", str::to_owned);
}

#[test]
fn fields_change_places_in_place() {
    expect("moved", str::to_owned);
}

#[test]
fn a_field_is_dropped_in_place() {
    expect("other", |shown| {
        let mut items = shown.split("name: \"");
        let mut all = items.next().expect("a first piece").to_owned();
        for item in items {
            let (_, rest) = item.split_once('"').expect("the end of a name");
            all += "words: [7, 7, 7]";
            all += rest;
        }
        all
    });
}

#[test]
fn items_are_as_they_were_if_something_else_fails() {
    for variant in ["wider-and-failing", "moved-and-failing"] {
        for seed in 0..20 {
            let module = load::<dyn Vessels>(VESSELS.file(BASE));
            let mut all = create(&module, "");
            all.fill(seed, u64::MAX).expect("a call");
            let shown = all.show().expect("a call");
            update(&module, VESSELS.file(variant));
            let memory = module.memory();
            for _ in 0..2 {
                let error = all.migrate().expect_err("a function that fails");
                assert_eq!(error.reason, "not this time");
                assert_eq!(module.memory(), memory, "seed {seed}");
                assert_eq!(all.show().expect("a call"), shown, "seed {seed}");
            }
        }
    }
}

static SURVEY: LazyLock<Built> = LazyLock::new(|| {
    let check = "
#[hotmod::after_migrate]
fn low(atlas: &Atlas, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    let name = |name: &str| name.chars().all(char::is_alphabetic);
    match atlas.places.iter().find(|place| place.feet > 9_000.0 || !name(&place.name)) {
        Some(place) => Err(format!(\"{} is {} ft high\", place.name, place.feet)),
        None => Ok(()),
    }
}
";
    let moved = (
        "pub struct Place {\n    name: String,\n    feet: f64,\n}",
        "#[repr(C)]\npub struct Place {\n    feet: f64,\n    name: String,\n}",
    );
    Family::new("survey")
        .library("in-place", &[])
        .variant("checked", &[moved, ("// hooks", check)])
        .build()
});

#[test]
fn a_check_sees_items_that_are_whole() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Survey>(SURVEY.file(BASE))
        .expect("a module");
    let mut atlas = create(&module, "");
    atlas.add("Blanc", 4_808.0).expect("a call");
    let mut high = create(&module, "");
    high.add("Blanc", 4_808.0).expect("a call");
    high.add("Olympus", 21_900.0).expect("a call");
    update(&module, SURVEY.file("checked"));
    atlas.migrate().expect("low places only");
    assert_eq!(atlas.list().expect("a call"), "Blanc 4808 ft\nrough");
    let error = high.migrate().expect_err("a high place");
    assert_eq!(error.reason, "Olympus is 21900 ft high");
    let list = high.list().expect("a call");
    assert_eq!(list, "Blanc 4808 ft\nOlympus 21900 ft\nrough");
}
