//! Keys and elements that own shared items: where only the standard library's code sees the owner, the item
//! is migrated with all its owners. Where a type of the user's holds the owner, the update is refused: that
//! type's code could keep an owner while it is hashed or compared.

use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{Built, Edit, Family, ForGood};

const SOURCE: &str = r#"//! Maps and sets, by what owns an item.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::{Arc, Weak};

use abi_stable::std_types::{RArc, RHashMap};
use hotmod::StableState;

hotmod::module! { name: "keys", version: "1.0.0" }

#[derive(StableState, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    name: String,
    size: u32,
}

/// Its own code sees the owner.
#[derive(StableState, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    id: u32,
    item: Arc<Item>,
}

#[derive(StableState, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    One(Arc<Item>),
    Other { item: Option<RArc<Item>> },
}

#[derive(StableState, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generic<T> {
    held: T,
}

#[derive(StableState, Debug, Clone)]
pub struct Weakly {
    id: u32,
    item: Weak<Item>,
}

impl PartialEq for Weakly {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Weakly {}

impl PartialOrd for Weakly {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Weakly {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

fn item(size: u32) -> Item {
    Item { name: format!("item {size}"), size: size as _ }
}

#[derive(StableState, Debug, Default)]
pub struct World {
    first: Vec<Arc<Item>>,
    // fields
}

#[hotmod::init]
fn world() -> World {
    let mut world = World::default();
    world.first = (0..4).map(|size| Arc::new(item(size))).collect();
    world.fill();
    world
}

#[hotmod::interface]
pub trait Keys {
    fn show(&self) -> String;
}

#[hotmod::export]
impl Keys for World {
    fn show(&self) -> String {
        self.seen()
    }
}

// more
impl World {
    fn fill(&mut self) {}

    fn seen(&self) -> String {
        format!("{self:?}")
    }
}
"#;

/// The code of a module in the base.
const PLAIN: &str = "// more\nimpl World {\n    fn fill(&mut self) {}\n\n    fn seen(&self) -> String {\n        \
     format!(\"{self:?}\")\n    }\n}\n";

/// Keys whose owners only the standard library's code sees: code of the module's sees the items.
const SEEN: &str = "    // fields\n    #[state(rebuild)]\n    hashed: HashMap<Arc<Item>, u32>,\n    \
     #[state(rebuild)]\n    tree: BTreeMap<(u8, Arc<Item>), Arc<Item>>,\n    #[state(rebuild)]\n    options: \
     BTreeSet<Option<Arc<Item>>>,\n    #[state(rebuild)]\n    boxed: BTreeSet<Box<Arc<Item>>>,\n    \
     #[state(rebuild)]\n    lists: BTreeMap<Vec<Arc<Item>>, u8>,\n    #[state(rebuild)]\n    reversed: \
     BinaryHeap<Reverse<Arc<Item>>>,\n    #[state(rebuild)]\n    twice: HashSet<[Arc<Item>; 2]>,\n    \
     #[state(rebuild)]\n    slices: BTreeSet<Arc<[Item]>>,\n    #[state(rebuild)]\n    nested: \
     BTreeSet<Arc<Arc<Item>>>,";
const SEEN_CODE: &str = r#"
impl World {
    fn fill(&mut self) {
        let all = self.first.clone();
        for (place, item) in all.iter().enumerate() {
            let next = all[(place + 1) % 4].clone();
            self.hashed.insert(item.clone(), place as u32);
            self.tree.insert((place as u8 / 2, item.clone()), next.clone());
            self.options.insert(Some(item.clone()));
            self.boxed.insert(Box::new(item.clone()));
            self.lists.insert(vec![item.clone(), next.clone()], place as u8);
            self.reversed.push(Reverse(item.clone()));
            self.twice.insert([item.clone(), next]);
            self.slices.insert(Arc::new([Item::clone(item)]));
            self.nested.insert(Arc::new(item.clone()));
        }
        self.options.insert(None);
    }

    fn seen(&self) -> String {
        let is = |owner: &Arc<Item>| {
            assert!(self.first.iter().any(|item| Arc::ptr_eq(item, owner)), "{owner:?} is another");
        };
        for (place, item) in self.first.iter().enumerate() {
            // Looked up with an owner of another item, which is equal.
            let equal = Arc::new(Item::clone(item));
            let (found, number) = self.hashed.get_key_value(&equal).expect("a key");
            assert_eq!(*number, place as u32);
            is(found);
            is(&self.tree[&(place as u8 / 2, equal.clone())]);
            is(self.options.get(&Some(equal.clone())).expect("an element").as_ref().expect("an item"));
            is(self.boxed.get(&equal).expect("an element"));
            assert!(self.slices.contains(&[Item::clone(item)][..]));
            is(self.nested.get(&equal).expect("an element"));
            assert!(self.twice.contains(&[equal, self.first[(place + 1) % 4].clone()]));
        }
        self.lists.keys().flatten().for_each(is);
        self.reversed.iter().for_each(|item| is(&item.0));
        let sizes: Vec<_> = self.reversed.clone().into_iter_sorted_by_size();
        let owners = Arc::strong_count(&self.first[0]);
        format!("{:?} {sizes:?} {owners} {:?} {:?}", self.first, self.lists.values(), self.options.len())
    }
}

trait Sorted {
    fn into_iter_sorted_by_size(self) -> Vec<u64>;
}

impl Sorted for BinaryHeap<Reverse<Arc<Item>>> {
    fn into_iter_sorted_by_size(mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.pop()).map(|item| item.0.size as u64).collect()
    }
}
"#;

/// Keys that hold an owner where code of the module's could keep one.
const KEPT: &[&str] = &[
    "HashMap<Key, u32>",
    "BTreeMap<Key, u32>",
    "BTreeSet<Key>",
    "BinaryHeap<Key>",
    "HashSet<Option<Key>>",
    "HashMap<(u8, Key), u8>",
    "BTreeMap<Vec<Key>, u8>",
    "HashMap<Box<Key>, u8>",
    "BTreeSet<Arc<Key>>",
    "HashMap<Choice, u8>",
    "RHashMap<Key, u8>",
    "BTreeMap<Generic<Arc<Item>>, u8>",
    "BTreeSet<Weakly>",
    "BTreeMap<[Key; 2], u8>",
    "BinaryHeap<Reverse<Generic<Key>>>",
    "BTreeSet<Generic<Option<Box<Arc<[Item]>>>>>",
];

static KEYS: LazyLock<Built> = LazyLock::new(|| {
    let kept: String = KEPT
        .iter()
        .enumerate()
        .fold(String::new(), |all, (place, ty)| {
            format!("{all}\n    #[state(rebuild)]\n    kept{place}: {ty},")
        });
    let kept: &'static str = kept.for_good();
    let wider: [Edit; 2] = [
        ("\"1.0.0\"", "\"1.1.0\""),
        ("    size: u32,", "    size: u64,"),
    ];
    let seen: [Edit; 2] = [("    // fields", SEEN), (PLAIN, SEEN_CODE)];
    let kept: [Edit; 1] = [("    // fields", kept)];
    Family::written("keys", SOURCE.to_owned())
        .variant("seen", &seen)
        .variant("seen-wider", &[&seen[..], &wider].concat())
        .variant("kept", &kept)
        .variant("kept-wider", &[&kept[..], &wider].concat())
        .build()
});

#[hotmod::interface]
trait Keys {
    fn show(&self) -> String;
}

fn world(variant: &str) -> (Module<dyn Keys>, Instance<dyn Keys>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Keys>(KEYS.file(variant));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let world = module.create("").expect("a world");
    (module, world)
}

#[test]
fn owners_that_only_the_standard_library_sees_follow_their_item() {
    let (module, mut world) = world("seen");
    let shown = world.show().expect("a call");
    module
        .update(KEYS.file("seen-wider"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
}

#[test]
fn owners_in_types_with_code_of_their_own_are_refused_in_keys() {
    let (module, mut world) = world("kept");
    let refusal = module
        .update(KEYS.file("kept-wider"))
        .expect_err("keys with owners");
    for (place, ty) in KEPT.iter().enumerate() {
        let at = format!("World.kept{place}");
        let mut found = refusal.differences().iter();
        let found = found.find(|it| it.path.split(['{', '[', '?']).next() == Some(&at));
        let found = found.unwrap_or_else(|| panic!("{at}: {ty}: {refusal}"));
        assert_eq!(found.rule, Rule::KeysChanged, "{at}: {ty}: {refusal}");
        assert!(
            found.was.contains("of an item that changes"),
            "{ty}: {refusal}"
        );
    }
    world.migrate().expect("nothing to do");
    world.show().expect("a call");
}
