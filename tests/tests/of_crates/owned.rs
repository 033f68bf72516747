//! Owners in containers of other crates, which own each item once more while their forms are made.

use std::sync::LazyLock;

use hotmod_host::{Host, Module, SaveError, Snapshot};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};

use super::loaded;

#[hotmod::interface]
trait Owned {
    fn fill(&mut self, what: &str);
    fn clear(&mut self, what: &str);
    fn hold(&mut self, what: &str) -> bool;
    fn release(&mut self);
    fn show(&self) -> String;
}

const SOURCE: &str = r#"//! Owners in maps and vectors of other crates and of the standard library.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dashmap::DashMap;
use indexmap::IndexMap;
use smallvec::SmallVec;

hotmod::module! { name: "owned", version: "1.0.0" }

/// A module that is another.
#[derive(hotmod::StableState, Default)]
pub struct World {
    order: IndexMap<u8, Arc<Item>>,
    few: SmallVec<[Arc<Item>; 2]>,
    dash: DashMap<u8, Arc<parking_lot::RwLock<Item>>>,
    plain: HashMap<u8, Arc<Item>>,
    twice: Twice,
}

#[derive(hotmod::StableState, Clone, Debug)]
pub struct Item {
    name: String,
    // wider
}

fn item(number: u8) -> Item {
    Item {
        name: format!("item {number}"),
        // made
    }
}

/// It owns each item twice, and its form once.
#[derive(Default)]
pub struct Twice(Vec<(Arc<Item>, Arc<Item>)>);

impl hotmod::Carried for Twice {
    const NAME: &'static str = "owned::Twice";
    type Parameters = ();
    type Form = Vec<Arc<Item>>;

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.0.iter().map(|(it, _)| it.clone()).collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(Twice(items.into_iter().map(|it| (it.clone(), it)).collect()))
    }
}

hotmod::carried! {
    [] Twice;
}

#[hotmod::init]
fn world(config: &str) -> World {
    let mut world = World::default();
    config.split_whitespace().for_each(|it| world.fill(it));
    world
}

static HELD: parking_lot::Mutex<Vec<Box<dyn Any + Send>>> = parking_lot::Mutex::new(Vec::new());

#[hotmod::export]
impl Owned for World {
    fn fill(&mut self, what: &str) {
        let items = (1..4).map(|it| (it, Arc::new(item(it))));
        match what {
            "order" => self.order = items.collect(),
            "few" => self.few = items.map(|(_, it)| it).collect(),
            "dash" => self.dash = (1..4).map(|it| (it, Arc::new(parking_lot::RwLock::new(item(it))))).collect(),
            "plain" => self.plain = items.collect(),
            _ => self.twice = Twice(items.map(|(_, it)| (it.clone(), it)).collect()),
        }
    }

    fn clear(&mut self, what: &str) {
        match what {
            "order" => self.order.clear(),
            "few" => self.few.clear(),
            "dash" => self.dash.clear(),
            "plain" => self.plain.clear(),
            _ => self.twice.0.clear(),
        }
    }

    fn hold(&mut self, what: &str) -> bool {
        let held: Option<Box<dyn Any + Send>> = match what {
            "order" => self.order.get(&2).map(|it| Box::new(it.clone()) as _),
            "order, weakly" => self.order.get(&2).map(|it| Box::new(Arc::downgrade(it)) as _),
            "few" => self.few.get(2).map(|it| Box::new(it.clone()) as _),
            "dash" => self.dash.get(&2).map(|it| Box::new(it.clone()) as _),
            _ => self.plain.get(&2).map(|it| Box::new(it.clone()) as _),
        };
        let is_held = held.is_some();
        HELD.lock().extend(held);
        is_held
    }

    fn release(&mut self) {
        HELD.lock().clear();
    }

    fn show(&self) -> String {
        let order: BTreeMap<_, _> = self.order.iter().collect();
        let dash: BTreeMap<_, _> = self.dash.iter().map(|it| (*it.key(), it.value().read().clone())).collect();
        let plain: BTreeMap<_, _> = self.plain.iter().collect();
        format!("{order:?} {:?} {dash:?} {plain:?} {:?}", self.few, self.twice.0)
    }
}

#[hotmod::interface]
pub trait Owned {
    fn fill(&mut self, what: &str);
    fn clear(&mut self, what: &str);
    fn hold(&mut self, what: &str) -> bool;
    fn release(&mut self);
    fn show(&self) -> String;
}
"#;

const WIDER: [Edit; 2] = [
    ("    // wider", "    #[state(default = 3)]\n    column: u8,"),
    ("        // made", "        column: 3,"),
];

const STD: Edit = (
    "    order: IndexMap<u8, Arc<Item>>,",
    "    order: HashMap<u8, Arc<Item>>,",
);

const FOREIGN: Edit = (
    "    plain: HashMap<u8, Arc<Item>>,",
    "    plain: IndexMap<u8, Arc<Item>>,",
);

/// The import that is not used any more.
const UNUSED: Edit = ("use indexmap::IndexMap;\n", "");

static OWNED: LazyLock<Built> = LazyLock::new(|| {
    let [grown, made] = WIDER;
    Family::written("of_crates_owned", SOURCE.to_owned())
        .feature("dashmap")
        .feature("indexmap")
        .feature("parking_lot")
        .feature("smallvec")
        .depends("dashmap = \"6\"")
        .depends("indexmap = \"2\"")
        .depends("parking_lot = \"0.12\"")
        .depends("smallvec = \"1\"")
        .variant(
            "same",
            &[(
                "/// A module that is another.",
                "/// A module that is the same.",
            )],
        )
        .variant("wider", &WIDER)
        .variant("std", &[STD, UNUSED])
        .variant("std-wider", &[STD, UNUSED, grown, made])
        .variant("foreign", &[FOREIGN])
        .variant("foreign-wider", &[FOREIGN, grown, made])
        .build()
});

type Worlds = super::PoolOf<dyn Owned>;

fn worlds(variant: &str) -> (Host, Module<dyn Owned>, Worlds) {
    loaded(OWNED.file(variant))
}

/// A world at the base, in which these containers are filled.
fn filled(config: &str) -> (Host, Module<dyn Owned>, Worlds) {
    let stage = worlds(BASE);
    stage.2.create(1, config).expect("an instance");
    stage
}

/// Goes back to where the states are that did not fit, so that the next update takes them from there.
fn roll_back(module: &Module<dyn Owned>) {
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn update(module: &Module<dyn Owned>, variant: &str) {
    module
        .update(OWNED.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn show(worlds: &Worlds) -> String {
    worlds.call(&1, |it| it.show()).expect("a call")
}

fn wider(shown: &str) -> String {
    shown.replace("\" }", "\", column: 3 }")
}

const ALL: &str = "order few dash plain";

#[test]
fn what_something_outside_owns_in_a_container_is_refused_with_the_way_to_it() {
    let (host, _module, worlds) = filled(ALL);
    let shown = show(&worlds);
    for (what, way) in [
        ("order", "World.order.0[1]"),
        ("order, weakly", "World.order.0[1]"),
        ("few", "World.few.0[2]"),
        // In whatever order.
        ("dash", "World.dash.0["),
        ("plain", "World.plain["),
    ] {
        assert!(worlds.call(&1, |it| it.hold(what)).expect("a call"));
        let error = host.snapshot_to(Vec::new()).expect_err(what);
        let SaveError::Unwritable { path, reason, .. } = &error else {
            panic!("{what}: {error}");
        };
        assert!(path.starts_with(way), "{what}: {error}");
        let told = "something outside of the state owns";
        assert!(reason.contains(told), "{what}: {error}");
        worlds.call(&1, |it| it.release()).expect("a call");
    }
    let (bytes, _) = host.snapshot_to(Vec::new()).expect("nothing is held");
    let snapshot = Snapshot::of(bytes).expect("what was written");
    for (variant, expected) in [(BASE, shown.clone()), ("wider", wider(&shown))] {
        let (_host, _module, restored) = self::worlds(variant);
        let report = restored.restore(&snapshot).expect("states that fit");
        assert_eq!(report.restored, 1, "{report:?}");
        assert_eq!(show(&restored), expected);
    }
}

#[test]
fn a_value_that_owns_more_than_its_form_is_told_what_it_may_be() {
    let (host, _module, _worlds) = filled("twice");
    let error = host
        .snapshot_to(Vec::new())
        .expect_err("its form has fewer");
    let told = error.to_string();
    assert!(told.contains("World.twice.0[0]"), "{told}");
    assert!(told.contains("more often than the form"), "{told}");
}

/// An item that is converted may have no owner but those that are.
#[test]
fn an_owner_in_a_container_that_has_to_be_converted_keeps_its_state() {
    for (what, variant, path) in [
        ("order", "wider", "World.order.0["),
        ("few", "wider", "World.few.0[0]"),
        ("dash", "same", "World.dash.0["),
    ] {
        let (_host, module, worlds) = filled(what);
        let shown = show(&worlds);
        let plan = module.plan_update(OWNED.file(variant)).expect("a plan");
        let conditions = plan.survival.conditions();
        let field = |path: &str| path.split('[').next().map(str::to_owned);
        let told = conditions.iter().find(|it| field(&it.path) == field(path));
        let told = told.unwrap_or_else(|| panic!("{what}: {conditions:?}"));
        assert!(told.must.starts_with("must not be there"), "{told:?}");
        update(&module, variant);
        assert_eq!(show(&worlds), shown);
        let stuck = worlds.stuck();
        let [(_, error)] = &stuck[..] else {
            panic!("{what}: {stuck:?}");
        };
        assert!(error.path.starts_with(path), "{what}: {error}");
        let told = "in a map or `Vec` of the standard library";
        assert!(error.reason.contains(told), "{what}: {error}");
        // What has none of them goes on, when it is tried again.
        worlds.call(&1, |it| it.clear(what)).expect("a call");
        roll_back(&module);
        update(&module, variant);
        assert!(worlds.stuck().is_empty(), "{what}: {:?}", worlds.stuck());
    }
}

/// First the container, with what it owns as it is; then what it owns.
#[test]
fn a_container_of_the_standard_library_lets_its_owners_be_converted() {
    let (_host, module, worlds) = filled("order");
    let shown = show(&worlds);
    update(&module, "std");
    assert_eq!(show(&worlds), shown);
    update(&module, "std-wider");
    assert_eq!(show(&worlds), wider(&shown));
    assert!(worlds.stuck().is_empty(), "{:?}", worlds.stuck());
}

/// What is made of a form goes on owning what that owns, so that has to be what it was.
#[test]
fn owners_go_into_a_container_of_another_crate_as_they_are() {
    let (_host, module, worlds) = filled("plain");
    let shown = show(&worlds);
    update(&module, "foreign-wider");
    assert_eq!(show(&worlds), shown);
    let stuck = worlds.stuck();
    assert!(stuck[0].1.path.starts_with("World.plain"), "{stuck:?}");
    let told = "let what it leads to change by one update";
    assert!(stuck[0].1.reason.contains(told), "{}", stuck[0].1);
    roll_back(&module);
    update(&module, "std-wider");
    let went_on = show(&worlds);
    assert_eq!(went_on, wider(&shown), "{:?}", worlds.stuck());
    update(&module, "foreign-wider");
    assert_eq!(show(&worlds), wider(&shown));
    assert!(worlds.stuck().is_empty(), "{:?}", worlds.stuck());
}
