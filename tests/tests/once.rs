//! Cells that can be set once, and were not set yet when their state was migrated.

use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};

const SOURCE: &str = r#"//! Cells that are set once: some of them are.

use std::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use hotmod::StableState;

hotmod::module! { name: "once", version: "1.0.0" }

#[derive(StableState, Debug, Clone, PartialEq)]
pub struct Item {
    name: String,
    size: u32,
}

#[derive(StableState, Debug)]
pub struct World {
    unset: OnceLock<u16>,
    set: OnceLock<u16>,
    cell: OnceCell<Item>,
    set_cell: OnceCell<Item>,
    nothing: Option<u8>,
    lock: OnceLock<u8>,
    many: Vec<OnceLock<Item>>,
    boxed: Box<OnceLock<Box<Item>>>,
    shared: Arc<OnceLock<Item>>,
    also: Arc<OnceLock<Item>>,
    nested: OnceLock<OnceLock<u16>>,
    owner: OnceLock<Arc<Item>>,
}

fn item(name: &str) -> Item {
    Item { name: name.to_owned(), size: 7 }
}

#[hotmod::init]
fn world() -> World {
    let shared: Arc<OnceLock<Item>> = Arc::default();
    let nested = OnceLock::new();
    assert!(nested.set(OnceLock::new()).is_ok());
    World {
        unset: OnceLock::new(),
        set: OnceLock::from(3),
        cell: OnceCell::new(),
        set_cell: OnceCell::from(item("set")),
        nothing: None,
        lock: OnceLock::new(),
        many: vec![OnceLock::new(), OnceLock::from(item("one")), OnceLock::new()],
        boxed: Box::default(),
        also: shared.clone(),
        shared,
        nested,
        owner: OnceLock::new(),
    }
}

#[hotmod::interface]
pub trait Once {
    fn show(&mut self) -> String;
    fn set(&mut self);
}

#[hotmod::export]
impl Once for World {
    fn show(&mut self) -> String {
        assert!(Arc::ptr_eq(&self.shared, &self.also));
        format!("{self:?}")
    }

    fn set(&mut self) {
        assert!(self.unset.set(11).is_ok() && self.set.set(0).is_err());
        assert!(self.cell.set(item("cell")).is_ok() && self.set_cell.set(item("no")).is_err());
        self.set_nothing();
        assert!(self.many[0].set(item("first")).is_ok() && self.many[1].set(item("no")).is_err());
        assert!(self.boxed.set(Box::new(item("boxed"))).is_ok());
        assert!(self.also.set(item("shared")).is_ok());
        assert_eq!(self.shared.get(), Some(&item("shared")));
        assert!(self.nested.get().is_some_and(|nested| nested.set(5).is_ok()));
        assert!(self.owner.set(Arc::new(item("owned"))).is_ok());
    }
}

impl World {
    fn set_nothing(&mut self) {
        // nothing
        self.nothing = Some(1);
        assert!(self.lock.set(2).is_ok());
    }
}
"#;

const NEWER: [Edit; 10] = [
    ("\"1.0.0\"", "\"1.1.0\""),
    (
        "    size: u32,",
        "    size: u64,\n    #[state(default)]\n    more: Vec<u8>,",
    ),
    (
        "Item { name: name.to_owned(), size: 7 }",
        "Item { name: name.to_owned(), size: 7, more: vec![1] }",
    ),
    ("    unset: OnceLock<u16>,", "    unset: OnceLock<u32>,"),
    ("    set: OnceLock<u16>,", "    set: OnceLock<u32>,"),
    ("    nothing: Option<u8>,", "    nothing: OnceLock<u8>,"),
    ("    lock: OnceLock<u8>,", "    lock: Option<u8>,"),
    (
        "        nothing: None,\n        lock: OnceLock::new(),",
        "        nothing: OnceLock::new(),\n        lock: None,",
    ),
    (
        "    nested: OnceLock<OnceLock<u16>>,",
        "    nested: OnceLock<OnceLock<u64>>,",
    ),
    (
        "        self.nothing = Some(1);\n        assert!(self.lock.set(2).is_ok());",
        "        assert!(self.nothing.set(1).is_ok());\n        self.lock = Some(2);",
    ),
];

static ONCE: LazyLock<Built> = LazyLock::new(|| {
    Family::written("once", SOURCE.to_owned())
        .variant("newer", &NEWER)
        .build()
});

#[hotmod::interface]
trait Once {
    fn show(&mut self) -> String;
    fn set(&mut self);
}

fn world() -> (Module<dyn Once>, Instance<dyn Once>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Once>(ONCE.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let world = module.create("").expect("a world");
    (module, world)
}

fn update(module: &Module<dyn Once>, world: &mut Instance<dyn Once>) -> String {
    module
        .update(ONCE.file("newer"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    world.show().expect("a call")
}

fn rollback(module: &Module<dyn Once>, world: &mut Instance<dyn Once>) -> String {
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    world.show().expect("a call")
}

#[test]
fn what_was_not_set_is_not_set_afterwards_and_can_be() {
    let (module, mut world) = world();
    let shown = world.show().expect("a call");
    let newer = update(&module, &mut world);
    for unset in [
        "unset: OnceLock(<uninit>)",
        "cell: OnceCell(<uninit>)",
        "nothing: OnceLock(<uninit>)",
        "lock: None",
        "boxed: OnceLock(<uninit>)",
        "shared: OnceLock(<uninit>)",
        "nested: OnceLock(OnceLock(<uninit>))",
        "owner: OnceLock(<uninit>)",
        "set: OnceLock(3)",
        "many: [OnceLock(<uninit>), OnceLock(Item { name: \"one\", size: 7, more: [] }), \
         OnceLock(<uninit>)]",
    ] {
        assert!(newer.contains(unset), "{unset}: {newer}");
    }
    // And back, still not set.
    assert_eq!(rollback(&module, &mut world), shown);
    update(&module, &mut world);
    world.set().expect("a call");
    let set = world.show().expect("a call");
    for set_now in [
        "unset: OnceLock(11)",
        "cell: OnceCell(Item { name: \"cell\"",
        "nothing: OnceLock(1), lock: Some(2)",
        "many: [OnceLock(Item { name: \"first\"",
        "boxed: OnceLock(Item { name: \"boxed\"",
        "shared: OnceLock(Item { name: \"shared\"",
        "nested: OnceLock(OnceLock(5))",
        "owner: OnceLock(Item { name: \"owned\"",
    ] {
        assert!(set.contains(set_now), "{set_now}: {set}");
    }
    let back = rollback(&module, &mut world);
    assert!(
        back.contains("unset: OnceLock(11)") && back.contains("nothing: Some(1)"),
        "{back}"
    );
    assert!(back.contains("lock: OnceLock(2)"), "{back}");
}

#[test]
fn what_is_set_in_the_older_version_stays_set() {
    let (module, mut world) = world();
    world.set().expect("a call");
    let shown = world.show().expect("a call");
    let newer = update(&module, &mut world);
    assert!(newer.contains("unset: OnceLock(11)"), "{newer}");
    assert!(!newer.contains("boxed: OnceLock(<uninit>)"), "{newer}");
    world.set().expect_err("it is set");
    assert_eq!(rollback(&module, &mut world), shown);
}
