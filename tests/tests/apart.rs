//! What safe code may do with the values that pass between a host and a module that were compiled apart:
//! owners in several places, values that do not fit, panics in the middle, lists that are very long.
//!
//! Each item owns a tag, and the test counts the tag's owners: an item that is dropped twice, or not at all,
//! shows.

#[path = "apart/renewed.rs"]
mod renewed;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use hotmod::StableState;
use hotmod_host::{CallError, Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Family};

#[derive(Clone, Debug, PartialEq, StableState)]
struct Item {
    name: String,
    count: u32,
    tag: Arc<u8>,
}

#[derive(Debug, StableState)]
struct Kin {
    weak: Weak<Item>,
}

#[derive(Debug, StableState)]
struct Small {
    tag: Arc<u8>,
    size: u32,
}

#[derive(Debug, StableState)]
struct Parcel {
    items: Box<[Item]>,
    label: Arc<String>,
    seen: Vec<AtomicU32>,
    weight: u32,
}

#[derive(Debug, StableState)]
struct Made {
    name: String,
    tag: Arc<u8>,
}

#[derive(Debug, StableState)]
struct Node {
    next: Option<Box<Node>>,
    value: u32,
}

impl Drop for Node {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut node) = next {
            next = node.next.take();
        }
    }
}

/// Panics when it is dropped.
#[derive(Debug, StableState)]
struct Loud {
    tag: Arc<u8>,
}

impl Drop for Loud {
    fn drop(&mut self) {
        panic!("a value that is loud");
    }
}

#[hotmod::interface]
trait Apart {
    fn shared(&mut self, item: Arc<Item>) -> u64;
    fn twice(&mut self, one: Arc<Item>, other: Arc<Item>) -> u64;
    fn both(&mut self, pair: (Arc<Item>, Arc<Item>)) -> bool;
    fn beside(&mut self, kin: Kin, item: Arc<Item>) -> bool;
    fn lend(&mut self, parcel: &Parcel) -> u64;
    fn take_back(&mut self) -> Option<Arc<String>>;
    fn keep(&mut self, item: Item) -> u32;
    fn fails(&mut self, item: Item, lent: &Parcel, small: Small) -> u64;
    fn panics(&mut self, item: Item, items: Vec<Item>, lent: &Parcel) -> Item;
    fn large(&self, count: u64) -> Vec<Result<Option<Item>, String>>;
    fn without(&mut self, gone: Loud, item: Item) -> u64;
    fn length(&self, list: &Node) -> u64;
    fn consume(&mut self, list: Node) -> u64;
    fn list(&self, length: u64) -> Node;
    fn broken(&mut self, item: Item) -> u64;
    fn made(&self, lent: &Made, item: Item) -> u64;
    fn forget(&mut self);
}

static APART: LazyLock<Built> = LazyLock::new(|| Family::new("apart").build());

/// A world, and the tag that the items of a test share with it.
struct Tried {
    world: Instance<dyn Apart>,
    tag: Arc<u8>,
    module: Module<dyn Apart>,
}

impl Tried {
    fn new() -> Self {
        let host = Host::builder().build().expect("a host");
        let module = host.load::<dyn Apart>(APART.file(BASE));
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        Tried {
            world: module.create("").expect("a world"),
            tag: Arc::new(7),
            module,
        }
    }

    fn item(&self, count: u32) -> Item {
        Item {
            name: format!("item {count}"),
            count,
            tag: self.tag.clone(),
        }
    }

    fn parcel(&self) -> Parcel {
        Parcel {
            items: (0..3).map(|count| self.item(count)).collect(),
            label: Arc::new("a label".to_owned()),
            seen: (0..3).map(AtomicU32::new).collect(),
            weight: 12,
        }
    }

    /// How many owners the tag has beside the test.
    #[track_caller]
    fn others(&self, expected: usize) {
        assert_eq!(Arc::strong_count(&self.tag) - 1, expected);
    }
}

#[track_caller]
fn unfit<T: std::fmt::Debug>(called: Result<T, CallError>, has_run: bool) -> String {
    match called {
        Err(CallError::Unfit(unfit)) => {
            assert_eq!(unfit.ran, has_run, "{unfit}");
            unfit.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_owner_passes_if_there_is_no_other() {
    let mut tried = Tried::new();
    let item = Arc::new(tried.item(3));
    unfit(tried.world.shared(item.clone()), false);
    tried.others(1);
    assert_eq!(*item, tried.item(3));
    let weak = Arc::downgrade(&item);
    unfit(tried.world.shared(item), false);
    assert!(weak.upgrade().is_none());
    tried.others(0);
    let item = Arc::new(tried.item(4));
    assert_eq!(tried.world.shared(item).expect("a call"), 4);
    tried.others(1);
    drop(tried.world);
    assert_eq!(Arc::strong_count(&tried.tag), 1);
}

#[test]
fn owners_of_one_item_pass_together_or_not_at_all() {
    let mut tried = Tried::new();
    let item = Arc::new(tried.item(3));
    unfit(tried.world.twice(item.clone(), item), false);
    tried.others(0);
    let (one, other) = (Arc::new(tried.item(3)), Arc::new(tried.item(4)));
    assert_eq!(tried.world.twice(one, other).expect("a call"), 7);
    tried.others(0);
    let item = Arc::new(tried.item(3));
    assert!(tried.world.both((item.clone(), item)).expect("a call"));
    tried.others(0);
    let item = Arc::new(tried.item(3));
    let kept = item.clone();
    unfit(tried.world.both((item.clone(), item)), false);
    assert_eq!(Arc::strong_count(&kept), 1);
    tried.others(1);
}

#[test]
fn a_weak_owner_in_another_argument_is_one_outside() {
    let mut tried = Tried::new();
    let kin = |item: &Arc<Item>| Kin {
        weak: Arc::downgrade(item),
    };
    let item = Arc::new(tried.item(3));
    unfit(tried.world.beside(kin(&item), item.clone()), false);
    assert_eq!(*item, tried.item(3));
    unfit(tried.world.beside(kin(&item), item), false);
    tried.others(0);
    let item = Arc::new(tried.item(3));
    let kin = Kin { weak: Weak::new() };
    assert!(!tried.world.beside(kin, item).expect("a call"));
    tried.others(0);
}

#[test]
fn what_is_lent_is_the_hosts_own_all_along() {
    let mut tried = Tried::new();
    let parcel = tried.parcel();
    for calls in 1..=3_u32 {
        assert_eq!(tried.world.lend(&parcel).expect("a call"), 12);
        // A value behind a pointer, which can be changed through it, is no copy.
        let seen: Vec<u32> = parcel
            .seen
            .iter()
            .map(|seen| seen.load(Ordering::Relaxed))
            .collect();
        assert_eq!(seen, [calls, 1 + calls, 2 + calls]);
        // The module's clone of the label is one more owner.
        assert_eq!(Arc::strong_count(&parcel.label), 2);
        tried.others(3 + 3 * calls as usize);
    }
    assert_eq!(parcel.items[..], [0, 1, 2].map(|count| tried.item(count)));
    let label = tried.world.take_back().expect("a call").expect("a label");
    assert!(Arc::ptr_eq(&label, &parcel.label));
    drop(parcel);
    assert_eq!(*label, "a label");
    assert_eq!(Arc::strong_count(&label), 1);
    tried.world.forget().expect("a call");
    tried.others(0);
}

#[test]
fn what_is_made_for_a_call_that_does_not_fit_goes_again() {
    let mut tried = Tried::new();
    let parcel = tried.parcel();
    let small = |tried: &Tried, size| Small {
        tag: tried.tag.clone(),
        size,
    };
    let (item, fits) = (tried.item(5), small(&tried, 255));
    // The module's default makes two items that the host does not pass.
    let sum = tried.world.fails(item, &parcel, fits).expect("a call");
    assert_eq!(sum, 2 + 5 + 12 + 255);
    tried.others(3);
    for _ in 0..3 {
        let (item, large) = (tried.item(5), small(&tried, 256));
        let said = unfit(tried.world.fails(item, &parcel, large), false);
        assert!(said.contains("(small).size"), "{said}");
        tried.others(3);
    }
    assert_eq!(parcel.items[..], [0, 1, 2].map(|count| tried.item(count)));
}

#[test]
fn what_a_function_that_panics_was_given_goes_once() {
    let mut tried = Tried::new();
    let parcel = tried.parcel();
    let (item, items) = (tried.item(1), vec![tried.item(2), tried.item(3)]);
    match tried.world.panics(item, items, &parcel) {
        Err(CallError::Panicked(panic)) => {
            assert!(panic.to_string().contains("2 of 12"), "{panic}")
        }
        other => panic!("{other:?}"),
    }
    // The module kept the first item before it panicked.
    tried.others(3 + 1);
    drop(parcel);
    tried.world.forget().expect("a call");
    tried.others(0);
}

#[test]
fn a_result_that_does_not_fit_goes_once() {
    let mut tried = Tried::new();
    let item = tried.item(1);
    tried.world.keep(item).expect("a call");
    let item = tried.item(2);
    tried.world.keep(item).expect("a call");
    let all = tried.world.large(9).expect("a call");
    assert_eq!(all.len(), 6);
    assert_eq!(all[0], Ok(Some(tried.item(1))));
    tried.others(2 + 4);
    drop(all);
    for _ in 0..3 {
        let said = unfit(tried.world.large(1 << 40), true);
        assert!(said.contains("count"), "{said}");
        tried.others(2);
    }
}

#[test]
fn a_function_of_the_module_that_fails_on_the_way_is_no_call() {
    let mut tried = Tried::new();
    let item = tried.item(1);
    let called = tried.world.broken(item);
    assert!(
        matches!(called, Err(CallError::Unfit(_) | CallError::Panicked(_))),
        "{called:?}"
    );
    tried.others(0);
    let made = Made {
        name: "a name".to_owned(),
        tag: tried.tag.clone(),
    };
    let item = tried.item(1);
    let said = unfit(tried.world.made(&made, item), false);
    assert!(said.contains("nothing is made here"), "{said}");
    assert_eq!(made.name, "a name");
    tried.others(1);
}

#[test]
fn an_argument_that_panics_as_it_goes_ends_no_process() {
    let mut tried = Tried::new();
    for _ in 0..2 {
        let gone = Loud {
            tag: tried.tag.clone(),
        };
        let item = tried.item(6);
        let called = catch_unwind(AssertUnwindSafe(|| tried.world.without(gone, item)));
        if let Ok(called) = called {
            assert_eq!(called.expect("a call"), 6);
        }
        tried.others(0);
    }
    let item = tried.item(1);
    assert_eq!(tried.world.keep(item).expect("a call"), 1);
}

#[test]
fn a_very_long_list_passes_or_does_not_fit_on_a_small_stack() {
    let thread = std::thread::Builder::new().stack_size(512 << 10);
    let run = || {
        let mut tried = Tried::new();
        for length in [10_u32, 1_000, 300_000] {
            let list = || {
                let mut list = Node {
                    next: None,
                    value: 0,
                };
                for value in 1..length {
                    list = Node {
                        next: Some(Box::new(list)),
                        value,
                    };
                }
                list
            };
            let lent = list();
            let fits = length < 10_000;
            match tried.world.length(&lent) {
                Ok(found) => assert_eq!(found, u64::from(length)),
                called => drop((unfit(called, false), assert!(!fits))),
            }
            drop(lent);
            match tried.world.consume(list()) {
                Ok(found) => assert_eq!(found, u64::from(length)),
                called => drop((unfit(called, false), assert!(!fits))),
            }
            match tried.world.list(u64::from(length)) {
                Ok(found) => assert_eq!(found.value, length - 1),
                called => drop((unfit(called, true), assert!(!fits))),
            }
        }
    };
    let thread = thread.spawn(run).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn threads_pass_what_they_lend_at_once() {
    let tried = Tried::new();
    let count = tried.module.function::<fn(&[Item]) -> u64>("count");
    let count = count.unwrap_or_else(|refusal| panic!("{refusal}"));
    let items: Vec<Item> = (0..100).map(|count| tried.item(count)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(count.call(&items).expect("a call"), 4950);
                }
            });
        }
    });
    tried.others(100);
}
