//! What an image has of a crate, and others do not: another version of the crate, and the threads that wait for a lock.

use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Family};

#[hotmod::interface]
pub(super) trait Apart {
    fn hold(&mut self);
    fn release(&mut self);
    fn show(&self) -> String;
    fn spread(&mut self, also: bool);
    fn spreads(&self) -> bool;
    fn deepen(&mut self, levels: u32);
    fn depth(&self) -> u32;
}

const SOURCE: &str = r#"//! A lock that others may own too, and a map of an earlier version of its crate.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

hotmod::module! { name: "apart", version: "1.0.0" }

type Lock = Arc<parking_lot::Mutex<u32>>;

/// The map of the crate's earlier version, by the name of that of the later one.
pub struct Before(hashbrown_before::HashMap<String, u32>);

impl hotmod::Carried for Before {
    const NAME: &'static str = "hashbrown::HashMap";
    type Parameters = (String, u32, hashbrown::DefaultHashBuilder);
    type Form = HashMap<String, u32>;

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.0.iter().map(|(key, value)| (key.clone(), *value)).collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(Before(items.into_iter().collect()))
    }
}

hotmod::carried! {
    [] Before;
}

#[derive(hotmod::StableState)]
pub struct World {
    lock: Lock,
    again: Lock,
    counts: Before,
    shared: hashbrown::HashMap<u8, Lock>,
    tree: Tree,
    rest: (),
}

/// It holds itself in a container of another crate, as deep as its data is.
#[derive(hotmod::StableState, Clone, Default)]
pub struct Tree {
    below: hashbrown::HashMap<u8, Tree>,
    // wider
}

fn map<T: FromIterator<(String, u32)>>() -> T {
    (1..10).map(|it| (it.to_string(), it)).collect()
}

#[hotmod::init]
fn world() -> World {
    let lock = Lock::new(parking_lot::Mutex::new(7));
    World {
        again: lock.clone(),
        lock,
        counts: Before(map()),
        shared: hashbrown::HashMap::new(),
        tree: Tree::default(),
        rest: (),
    }
}

static HELD: parking_lot::Mutex<Vec<Lock>> = parking_lot::Mutex::new(Vec::new());

#[hotmod::export]
impl Apart for World {
    fn hold(&mut self) {
        HELD.lock().push(self.lock.clone());
    }

    fn release(&mut self) {
        HELD.lock().clear();
    }

    fn show(&self) -> String {
        *self.lock.lock() += 1;
        let counts: BTreeMap<_, _> = self.counts.0.iter().collect();
        let lock = *self.lock.lock();
        let again = *self.again.lock();
        let (lock, again) = (lock > 7, again == lock);
        format!("{counts:?} {lock} {again} {}", Arc::ptr_eq(&self.lock, &self.again))
    }

    fn spread(&mut self, also: bool) {
        let lock = Lock::new(parking_lot::Mutex::new(8));
        self.shared = (1..4).map(|it| (it, lock.clone())).collect();
        if also {
            self.shared.insert(4, self.lock.clone());
        }
    }

    fn spreads(&self) -> bool {
        (1..4).all(|it| Arc::ptr_eq(&self.shared[&it], &self.shared[&1]))
    }

    fn deepen(&mut self, levels: u32) {
        for _ in 0..levels {
            let below = std::mem::take(&mut self.tree);
            self.tree.below.insert(1, below);
        }
    }

    fn depth(&self) -> u32 {
        let mut at = &self.tree;
        let mut levels = 0;
        while let Some(below) = at.below.get(&1) {
            (at, levels) = (below, levels + 1);
        }
        levels
    }
}

#[hotmod::interface]
pub trait Apart {
    fn hold(&mut self);
    fn release(&mut self);
    fn show(&self) -> String;
    fn spread(&mut self, also: bool);
    fn spreads(&self) -> bool;
    fn deepen(&mut self, levels: u32);
    fn depth(&self) -> u32;
}
"#;

pub(super) static APART: LazyLock<Built> = LazyLock::new(|| {
    Family::written("of_crates_apart", SOURCE.to_owned())
        .feature("hashbrown")
        .feature("parking_lot")
        .depends("hashbrown = { version = \"0.17\", default-features = false, features = [\"default-hasher\"] }")
        .depends(
            "hashbrown_before = { package = \"hashbrown\", version = \"0.16\", default-features = false, \
             features = [\"default-hasher\"] }",
        )
        .depends("parking_lot = \"0.12\"")
        .variant("same", &[("/// The map of the crate's", "/// The map that is the crate's")])
        .variant(
            "later",
            &[
                ("    counts: Before,", "    counts: hashbrown::HashMap<String, u32>,"),
                ("        counts: Before(map()),", "        counts: map(),"),
                ("self.counts.0.iter()", "self.counts.iter()"),
                ("    // wider", "    #[state(default)]\n    wide: u8,"),
            ],
        )
        .build()
});

fn base() -> (Host, Module<dyn Apart>, Instance<dyn Apart>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Apart>(APART.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let world = module.create("").expect("an instance");
    (host, module, world)
}

#[test]
fn a_map_goes_on_to_another_version_of_its_crate_and_back() {
    let (_host, module, mut world) = base();
    let shown = world.show().expect("a call");
    assert!(shown.contains("\"9\": 9"), "{shown}");
    module
        .update(APART.file("later"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
}

/// The threads that wait for such a lock stand in statics of the image that made it.
#[test]
fn a_lock_that_others_own_too_stays_with_the_code_that_made_it() {
    let (_host, module, mut world) = base();
    let shown = world.show().expect("a call");
    assert!(shown.ends_with("true true true"), "{shown}");
    world.hold().expect("a call");
    module
        .update(APART.file("same"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let error = world.migrate().expect_err("another owner");
    assert_eq!(error.path, "World.lock", "{error}");
    let outside = "owned by something outside of the state";
    assert!(error.reason.contains(outside), "{error}");
    assert_eq!(world.show().expect("a call"), shown);
    world.release().expect("a call");
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
}
