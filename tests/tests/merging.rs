//! Values that are lent to be changed, between a host and a module that were compiled apart: they are
//! converted, changed and merged back, whether the host or the module is newer.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{CallError, Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};

thread_local! {
    /// How many tags of the host have ended on this thread.
    static ENDED: Cell<usize> = const { Cell::new(0) };
}

/// The types as the base of the modules has them.
mod as_ever {
    use std::collections::HashMap;

    use hotmod::StableState;

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Place {
        pub(crate) x: u32,
        pub(crate) y: u32,
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Level {
        Low,
        High,
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Tag {
        pub(crate) text: String,
    }

    impl Drop for Tag {
        fn drop(&mut self) {
            super::ENDED.set(super::ENDED.get() + 1);
        }
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Unit {
        pub(crate) name: String,
        pub(crate) place: Place,
        pub(crate) level: Level,
        pub(crate) tags: Vec<Tag>,
        pub(crate) by_name: HashMap<String, Tag>,
        pub(crate) first: Option<Tag>,
        pub(crate) pair: (u8, Place),
    }

    #[hotmod::interface]
    pub(crate) trait Yard {
        fn change(&self, unit: &mut Unit, how: &str) -> String;
        fn keep(&mut self, unit: &mut Unit) -> String;
        fn sort(&self, tags: &mut [Tag]) -> u32;
        fn stretch(&self, places: &mut [Place], by: u32) -> Place;
        fn exchange(&self, one: &mut Unit, other: &mut Unit) -> Place;
        fn grow(&self, place: &mut Place, level: &mut Level, by: u32) -> Level;
        fn ended(&self) -> u32;
    }
}

/// A host that is newer than the modules: they do not know all of what it lends.
mod newer {
    use std::collections::HashMap;

    use hotmod::StableState;

    pub(crate) use super::as_ever::Tag;

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Place {
        #[state(default = "here".to_owned())]
        pub(crate) called: String,
        pub(crate) y: u64,
        pub(crate) x: u32,
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Level {
        Highest,
        Low,
        High,
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Unit {
        #[state(default)]
        pub(crate) id: u64,
        pub(crate) pair: (u8, Place),
        pub(crate) name: String,
        pub(crate) place: Place,
        pub(crate) level: Level,
        pub(crate) tags: Vec<Tag>,
        pub(crate) by_name: HashMap<String, Tag>,
        pub(crate) first: Option<Tag>,
        pub(crate) notes: Option<Vec<String>>,
    }

    #[hotmod::interface]
    pub(crate) trait Yard {
        fn change(&self, unit: &mut Unit, how: &str) -> String;
        fn keep(&mut self, unit: &mut Unit) -> String;
        fn sort(&self, tags: &mut [Tag]) -> u32;
        fn grow(&self, place: &mut Place, level: &mut Level, by: u32) -> Level;
    }
}

/// Hosts that lend values of which a module does not know all parts, so that it could mix them up.
mod mixed_up {
    pub(crate) mod two {
        use super::super::newer::{Place, Unit};

        #[hotmod::interface]
        pub(crate) trait Yard {
            fn exchange(&self, one: &mut Unit, other: &mut Unit) -> Place;
        }
    }

    pub(crate) mod slice {
        use super::super::newer::Place;

        #[hotmod::interface]
        pub(crate) trait Yard {
            fn stretch(&self, places: &mut [Place], by: u32) -> Place;
        }
    }

    pub(crate) mod container {
        use std::collections::HashMap;

        use hotmod::StableState;

        use super::super::as_ever::{Level, Place};

        #[derive(Debug, StableState)]
        pub(crate) struct Tag {
            text: String,
            #[state(default)]
            weight: u8,
        }

        #[derive(Debug, StableState)]
        pub(crate) struct Unit {
            name: String,
            place: Place,
            level: Level,
            tags: Vec<Tag>,
            by_name: HashMap<String, Tag>,
            first: Option<Tag>,
            pair: (u8, Place),
        }

        #[hotmod::interface]
        pub(crate) trait Yard {
            fn change(&self, unit: &mut Unit, how: &str) -> String;
        }
    }
}

const PLACE: Edit = (
    "pub struct Place {\n    pub x: u32,\n    pub y: u32,\n}",
    "pub struct Place {\n    #[state(default = 3)]\n    pub z: u16,\n    pub x: u64,\n    pub y: u32,\n}",
);
const LEVEL: Edit = ("    Low,\n    High,", "    Highest,\n    Low,\n    High,");
const TAG: Edit = (
    "pub struct Tag {\n    pub text: String,\n}",
    "pub struct Tag {\n    #[state(default = \"light\".to_owned())]\n    pub weight: String,\n    pub text: String,\n}",
);
const TAG_MADE: Edit = (
    "    Tag {\n        text: text.to_owned(),\n    }",
    "    Tag {\n        weight: \"heavy\".to_owned(),\n        text: text.to_owned(),\n    }",
);
const FAR: Edit = (
    "fn far() -> Level {\n    Level::High",
    "fn far() -> Level {\n    Level::Highest",
);
const WIDE: Edit = (
    "fn wide(by: u32) -> u32 {\n    by",
    "fn wide(by: u32) -> u64 {\n    by.into()",
);

static YARDS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("merging")
        .variant("newer", &[PLACE, LEVEL, TAG, TAG_MADE, FAR, WIDE])
        .build()
});

fn yard<I: hotmod_host::Interface + ?Sized>(variant: &str) -> (Module<I>, Instance<I>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<I>(YARDS.file(variant));
    let module = module.unwrap_or_else(|refusal| panic!("{variant}: {refusal}"));
    let yard = module.create("").expect("a yard");
    (module, yard)
}

fn place(x: u32, y: u32) -> as_ever::Place {
    as_ever::Place { x, y }
}

fn tag(text: &str) -> as_ever::Tag {
    as_ever::Tag {
        text: text.to_owned(),
    }
}

fn unit(name: &str) -> as_ever::Unit {
    as_ever::Unit {
        name: name.to_owned(),
        place: place(5, 6),
        level: as_ever::Level::Low,
        tags: vec![tag("b"), tag("a")],
        by_name: HashMap::from([("one".to_owned(), tag("1"))]),
        first: Some(tag("0")),
        pair: (9, place(1, 2)),
    }
}

fn newer_place(x: u32, y: u64) -> newer::Place {
    newer::Place {
        called: format!("{x}/{y}"),
        x,
        y,
    }
}

fn newer_unit(name: &str) -> newer::Unit {
    newer::Unit {
        id: 77,
        name: name.to_owned(),
        place: newer_place(5, 6),
        level: newer::Level::Low,
        tags: vec![tag("b"), tag("a")],
        by_name: HashMap::from([("one".to_owned(), tag("1"))]),
        first: Some(tag("0")),
        pair: (9, newer_place(1, 2)),
        notes: Some(vec!["kept".to_owned()]),
    }
}

#[test]
fn what_a_newer_module_changes_comes_back() {
    let (_module, yard) = yard::<dyn as_ever::Yard>("newer");
    let mut lent = unit("ada");
    // Nothing changes.
    assert_eq!(yard.change(&mut lent, "").expect("a call"), "ada at 5");
    assert_eq!(lent, unit("ada"));
    yard.change(&mut lent, "rename move level tag sort")
        .expect("a call");
    let changed = as_ever::Unit {
        name: "ada the changed, at length".to_owned(),
        place: place(6, 6),
        level: as_ever::Level::High,
        tags: vec![tag("a"), tag("b"), tag("inserted")],
        by_name: HashMap::from([
            ("one".to_owned(), tag("1")),
            ("new".to_owned(), tag("by name")),
        ]),
        first: Some(tag("first")),
        pair: (10, place(1, 12)),
    };
    assert_eq!(lent, changed);
    yard.change(&mut lent, "clear").expect("a call");
    assert!(lent.tags.is_empty() && lent.by_name.is_empty() && lent.first.is_none());
}

#[test]
fn slices_and_several_values_are_merged_where_both_sides_know_them() {
    let (_module, yard) = yard::<dyn as_ever::Yard>("newer");
    let mut tags = [tag("c"), tag("a"), tag("b")];
    assert_eq!(yard.sort(&mut tags).expect("a call"), 3);
    assert_eq!(tags, [tag("a!"), tag("b"), tag("c")]);
    assert_eq!(yard.sort(&mut []).expect("a call"), 0);
    let mut places: Vec<_> = (10..1010).map(|x| place(x, x)).collect();
    yard.stretch(&mut places, 3).expect("a call");
    assert!(
        (10..1010)
            .zip(&places)
            .all(|(x, it)| *it == place(x - 3, x + 1)),
        "{places:?}"
    );
    let (mut one, mut other) = (unit("one"), unit("other"));
    yard.exchange(&mut one, &mut other).expect("a call");
    assert_eq!((one, other), (unit("other"), unit("one")));
}

#[test]
fn what_an_older_module_does_not_know_keeps_its_value() {
    let (_module, mut yard) = yard::<dyn newer::Yard>(BASE);
    let mut lent = newer_unit("ada");
    yard.change(&mut lent, "rename move level tag")
        .expect("a call");
    let mut expected = newer_unit("ada");
    expected.name = "ada the changed, at length".to_owned();
    expected.place.x = 6;
    expected.pair.0 = 10;
    expected.pair.1.y = 12;
    expected.level = newer::Level::High;
    expected.tags.insert(0, tag("inserted"));
    expected.by_name.insert("new".to_owned(), tag("by name"));
    expected.first = Some(tag("first"));
    assert_eq!(lent, expected);
    // The module puts another value in its place: parts that the module does not know stay the caller's.
    assert_eq!(yard.keep(&mut lent).expect("a call"), expected.name);
    assert_eq!((lent.name.as_str(), lent.id), ("empty", 77));
    assert_eq!(lent.place.called, "5/6");
    assert_eq!(lent.notes, expected.notes);
    let mut again = newer_unit("bob");
    yard.keep(&mut again).expect("a call");
    assert_eq!((again.name, again.tags), (expected.name, expected.tags));
}

#[test]
fn an_argument_that_does_not_fit_is_not_changed() {
    let (_module, yard) = yard::<dyn newer::Yard>(BASE);
    let mut lent = newer_unit("ada");
    lent.pair.1.y = u64::from(u32::MAX) + 1;
    let before = lent.clone();
    match yard.change(&mut lent, "rename") {
        Err(CallError::Unfit(unfit)) => {
            assert!(!unfit.ran, "{unfit}");
            assert_eq!(unfit.path, "(unit).pair.1.y");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(lent, before);
    lent.pair.1.y = 3;
    lent.level = newer::Level::Highest;
    match yard.change(&mut lent, "rename") {
        Err(CallError::Unfit(unfit)) => assert_eq!(unfit.path, "(unit).level"),
        other => panic!("{other:?}"),
    }
    assert_eq!(lent.name, "ada");
}

#[test]
fn what_does_not_fit_on_the_way_back_stays_and_all_else_is_merged() {
    let (module, yard) = yard::<dyn as_ever::Yard>("newer");
    let mut lent = unit("ada");
    match yard.change(&mut lent, "rename far more tag") {
        Err(CallError::Unfit(unfit)) => {
            assert!(unfit.ran, "{unfit}");
            assert_eq!(unfit.path, "(unit).place.x");
            assert_eq!(unfit.more.len(), 1, "{unfit}");
            assert_eq!(unfit.more[0].0, "(unit).level");
            let text = unfit.to_string();
            assert!(
                text.contains("the caller's value stays: Yard::change(unit).place.x"),
                "{text}"
            );
            assert!(text.contains("`Highest`"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    let mut expected = unit("ada");
    expected.name = "ada the changed, at length".to_owned();
    expected.tags.insert(0, tag("inserted"));
    expected.by_name.insert("new".to_owned(), tag("by name"));
    expected.first = Some(tag("first"));
    assert_eq!(lent, expected);
    // The same after a panic.
    let mut lent = unit("bob");
    match yard.change(&mut lent, "rename far panic") {
        Err(CallError::Panicked(panicked)) => {
            assert_eq!(panicked.message, "in the middle");
            let [(path, _)] = &panicked.unfit[..] else {
                panic!("{panicked}");
            };
            assert_eq!(path, "(unit).place.x");
            assert!(
                panicked.to_string().contains("Yard::change(unit).place.x"),
                "{panicked}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(lent.name, "bob the changed, at length");
    assert_eq!(lent.place, place(5, 6));
    let mut places = [place(100, 1), place(2, 2), place(300, 3)];
    match yard.stretch(&mut places, 50) {
        Err(CallError::Unfit(unfit)) => assert_eq!(unfit.path, "(places)[1].x"),
        other => panic!("{other:?}"),
    }
    assert_eq!(places, [place(50, 2), place(2, 3), place(250, 4)]);
    // Two arguments, each of which is merged by itself.
    let (mut at, mut level) = (place(u32::MAX, 1), as_ever::Level::Low);
    match yard.grow(&mut at, &mut level, 7) {
        Err(CallError::Unfit(unfit)) => assert_eq!(unfit.path, "(place).x"),
        other => panic!("{other:?}"),
    }
    assert_eq!((at, level), (place(u32::MAX, 1), as_ever::Level::High));
    drop(module);
}

#[test]
fn each_value_ends_once() {
    let (_module, mut yard) = yard::<dyn as_ever::Yard>("newer");
    let ended =
        |yard: &Instance<dyn as_ever::Yard>| ENDED.get() + yard.ended().expect("a call") as usize;
    let count = |yard: &mut Instance<dyn as_ever::Yard>, how: &str| {
        let mut lent = unit("ada");
        let before = ended(yard);
        let _ = yard.change(&mut lent, how);
        let during = ended(yard) - before;
        drop(lent);
        (during, ended(yard) - before)
    };
    assert_eq!(count(&mut yard, ""), (0, 4));
    assert_eq!(count(&mut yard, "sort"), (0, 4));
    assert_eq!(count(&mut yard, "tag"), (1, 7));
    assert_eq!(count(&mut yard, "tag far"), (1, 7));
    assert_eq!(count(&mut yard, "tag panic"), (1, 7));
    assert_eq!(count(&mut yard, "clear"), (4, 4));
    let (before, mut lent) = (ended(&yard), unit("bob"));
    yard.keep(&mut lent).expect("a call");
    assert_eq!(ended(&yard) - before, 0);
    drop((lent, yard));
}

#[test]
fn what_could_be_mixed_up_is_refused() {
    fn refusal<I: hotmod_host::Interface + ?Sized>() -> String {
        let host = Host::builder().build().expect("a host");
        let refusal = host.load::<I>(YARDS.file(BASE)).expect_err("a refusal");
        refusal.to_string()
    }
    let two = refusal::<dyn mixed_up::two::Yard>();
    assert!(two.contains("Yard::exchange(other)"), "{two}");
    assert!(two.contains("would then belong to the wrong one"), "{two}");
    let slice = refusal::<dyn mixed_up::slice::Yard>();
    assert!(slice.contains("Yard::stretch(places)"), "{slice}");
    let container = refusal::<dyn mixed_up::container::Yard>();
    assert!(container.contains("Yard::change(unit).tags"), "{container}");
    assert!(container.contains("does not know `weight`"), "{container}");
}

#[test]
fn what_becomes_of_what_is_lent_is_listed() {
    let (module, _yard) = yard::<dyn as_ever::Yard>(BASE);
    let report = module.update(YARDS.file("newer")).expect("an update");
    let listed: Vec<(Rule, &str)> = report
        .differences
        .iter()
        .map(|it| (it.rule, it.path.as_str()))
        .collect();
    for expected in [
        (Rule::CallFilledIn, "Yard::change(unit).place.z"),
        (Rule::CallUnseen, "Yard::change(unit).place.z"),
        (Rule::CallConverted, "Yard::change(unit).place.x"),
        (Rule::CallMayFail, "Yard::change(unit).place.x"),
        (Rule::CallMayFail, "Yard::change(unit).level::Highest"),
        (Rule::CallUnseen, "Yard::change(unit).tags[].weight"),
        (Rule::CallMayFail, "Yard::stretch(places).x"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {report}");
    }
}
