//! Owners that only one thread has, that a removed field holds, or that a cell leads to.

use hotmod_tests::fixture::Edit;
use hotmod_tests::interfaces::counter::Counter;

use super::*;

/// A state whose items have several owners, behind the interface of the counter.
const SOURCE: &str = r##"//! Owners of items.

mod interface {
    INTERFACE
}

use std::cell::{OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, OnceLock};

use hotmod::StableState;
use interface::Counter;

hotmod::module! { name: "owners", version: "1.0.0" }

#[derive(StableState)]
pub struct Item {
    name: String,
    number: u32,
}

/// A node that leads to the next once that is known, and back.
#[derive(StableState)]
pub struct Node {
    item: Item,
    next: OnceLock<Arc<Node>>,
    back: Mutex<std::sync::Weak<Node>>,
}

#[derive(StableState, Default)]
// removed
pub struct All {
    count: u64,
    local: Vec<Rc<Item>>,
    weak: Weak<Item>,
    changing: Vec<Rc<RefCell<Item>>>,
    once: OnceCell<Rc<Item>>,
    // going
    going: Option<Arc<Item>>,
    stays: Vec<Arc<Item>>,
    nodes: Vec<Arc<Node>>,
}

// SAFETY: the tests use a state on one thread alone.
unsafe impl Send for All {}

thread_local! {
    static HELD: RefCell<Vec<Rc<Item>>> = const { RefCell::new(Vec::new()) };
}

fn item(name: &str) -> Item {
    Item { name: name.to_owned(), number: 7 }
}

#[hotmod::init]
fn new_all() -> All {
    All::default()
}

#[hotmod::export]
impl Counter for All {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn code(&self) -> String {
        "owners".to_owned()
    }

    fn keep(&mut self, text: String) {
        match text.as_str() {
            "local" => {
                let first = Rc::new(item("local"));
                self.weak = Rc::downgrade(&first);
                self.once = OnceCell::from(first.clone());
                self.local = vec![first.clone(), first];
                let cell = Rc::new(RefCell::new(item("changing")));
                self.changing = vec![cell.clone(), cell];
            }
            "hold" => HELD.with_borrow_mut(|held| held.extend(self.weak.upgrade())),
            "release" => HELD.with_borrow_mut(Vec::clear),
            "going" => {
                let shared = Arc::new(item("going"));
                // gone
                self.going = Some(shared.clone());
                self.stays = vec![shared];
            }
            "let go" => {
                // gone too
                self.going = None;
            }
            "open" | "closed" => {
                let nodes = ["first", "second"].map(|name| Arc::new(Node {
                    item: item(name),
                    next: OnceLock::new(),
                    back: Mutex::default(),
                }));
                let [first, second] = &nodes;
                let _ = first.next.set(second.clone());
                *second.back.lock().unwrap() = Arc::downgrade(first);
                if text == "closed" {
                    *first.back.lock().unwrap() = Arc::downgrade(second);
                }
                self.nodes = nodes.into();
            }
            _ => panic!("no such text"),
        }
    }

    fn kept(&self) -> Vec<String> {
        let mut kept = Vec::new();
        for local in &self.local {
            let weak = self.weak.upgrade().is_some_and(|weak| Rc::ptr_eq(&weak, local));
            let once = self.once.get().is_some_and(|once| Rc::ptr_eq(once, local));
            kept.push(format!("{} {} {weak} {once}", local.name, local.number));
        }
        for changing in &self.changing {
            changing.borrow_mut().name.push('!');
            kept.push(changing.borrow().name.clone());
            changing.borrow_mut().name.truncate("changing".len());
        }
        if let [a, b] = self.changing.as_slice() {
            kept.push(Rc::ptr_eq(a, b).to_string());
        }
        kept.extend(self.stays.iter().map(|it| format!("{} {}", it.name, it.number)));
        for node in &self.nodes {
            let next = node.next.get().map(|next| next.item.name.as_str());
            let back = node.back.lock().unwrap().upgrade();
            let back = back.as_ref().map(|back| back.item.name.as_str());
            kept.push(format!("{} {} {next:?} {back:?}", node.item.name, node.item.number));
        }
        kept
    }
}
"##;

const WIDER: Edit = ("    number: u32,", "    number: u64,");
const SECOND: Edit = ("version: \"1.0.0\"", "version: \"2.0.0\"");

static OWNERS: LazyLock<Built> = LazyLock::new(|| {
    let interface = include_str!("../../fixtures/counter/interface.rs");
    let interface = interface.trim_start_matches("//! A counter that tells which version counts.");
    Family::written("owners", SOURCE.replace("INTERFACE", interface))
        .variant("wider", &[SECOND, WIDER])
        .variant(
            "without",
            &[
                SECOND,
                WIDER,
                ("// removed", "#[state(removed(\"going\"))]"),
                ("    // going\n    going: Option<Arc<Item>>,\n", ""),
                (
                    "                // gone\n                self.going = Some(shared.clone());\n",
                    "",
                ),
                (
                    "                // gone too\n                self.going = None;\n",
                    "",
                ),
            ],
        )
        .build()
});

fn all(how: &str) -> (Module<dyn Counter>, Instance<dyn Counter>, Vec<String>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Counter>(OWNERS.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut all = module.create("").expect("an instance");
    all.keep(how.to_owned()).expect("a call");
    let kept = all.kept().expect("a call");
    (module, all, kept)
}

fn goes_to(module: &Module<dyn Counter>, variant: &str) {
    module
        .update(OWNERS.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
}

#[test]
fn an_rc_is_converted_once_for_all_its_owners() {
    let (module, mut all, kept) = all("local");
    assert_eq!(kept.len(), 5);
    all.keep("hold".to_owned()).expect("a call");
    goes_to(&module, "wider");
    let error = all.migrate().expect_err("another owner");
    assert!(
        error.reason.contains("also owned by something outside"),
        "{error}"
    );
    assert_eq!(error.path, "All.local[0]");
    assert_eq!(all.kept().expect("a call"), kept);
    all.keep("release".to_owned()).expect("a call");
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.kept().expect("a call"), kept);
    assert_eq!(all.version(), "2.0.0");
    drop(all);
}

#[test]
fn a_removed_field_that_shares_an_item_says_what_to_do() {
    let (module, mut all, kept) = all("going");
    goes_to(&module, "without");
    let error = all
        .migrate()
        .expect_err("the field that goes is an owner too");
    assert_eq!(error.path, "All.stays[0]");
    assert!(
        error
            .reason
            .contains("may be a field which this update removes")
            && error.reason.contains("give up its owners"),
        "{error}"
    );
    assert_eq!(all.kept().expect("a call"), kept);
    all.keep("let go".to_owned()).expect("a call");
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.kept().expect("a call"), kept);
}

#[test]
fn a_cell_that_is_not_set_is_looked_into_once_nothing_else_can_set_it() {
    for how in ["open", "closed"] {
        let (module, mut all, kept) = all(how);
        goes_to(&module, "wider");
        let migrated = all.migrate();
        if let Err(error) = &migrated {
            assert!(error.reason.contains("holds a cell that"), "{how}: {error}");
            assert!(error.path.starts_with("All.nodes["), "{how}: {error}");
        }
        println!("{how}: {migrated:?}");
        assert_eq!(all.kept().expect("a call"), kept, "{how}");
        assert_eq!(migrated.is_ok(), all.version() == "2.0.0", "{how}");
    }
}
