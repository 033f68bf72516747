//! Which calls of a state go on while its new value is made.

use hotmod::describe::{Builtin, Description, ImplementedInterface};

use super::{Plan, Row};
use crate::described::state;
use crate::plan::Preparation;

/// The module, with an interface whose states may be shared or not.
fn implementing(mut module: Description, shared: bool) -> Description {
    let states: Vec<_> = module.states().cloned().collect();
    for state in states {
        let implemented = ImplementedInterface {
            symbol: "table".to_owned(),
            state,
            methods: Vec::new(),
        };
        module
            .implementations
            .insert("Game".to_owned(), implemented);
    }
    if shared {
        module.shared.insert("Game".to_owned());
    }
    module
}

fn prepared(row: &Row, shared: bool) -> Preparation {
    let [was, now] = [&row.was, &row.now].map(|it| implementing(it.clone(), shared));
    let plan = Plan::new(&was, &now);
    let [(state, preparation)] = plan.preparations() else {
        panic!("{:?}", plan.preparations());
    };
    assert_eq!(state.to_string(), "World");
    preparation.clone()
}

fn because(preparation: Preparation) -> Vec<String> {
    match preparation {
        Preparation::Shared => Vec::new(),
        Preparation::Exclusive { because } => {
            let because = because.into_iter();
            because
                .map(|(path, what)| format!("{path}: {what}"))
                .collect()
        }
    }
}

#[test]
fn what_a_shared_reference_can_only_read_keeps_no_call_waiting() {
    let row = row!(
        "only read",
        items {
            #[derive(StableState)]
            pub(super) struct Player { name: String, kids: Vec<Player>, best: Option<Box<Player>> }
            #[derive(StableState)]
            pub(super) enum Mood { Calm, Busy { since: std::time::Instant, why: Option<Box<str>> }, Of(Box<Mood>) }
            #[derive(StableState)]
            pub(super) struct World {
                number: u32,
                players: HashMap<u64, Player>,
                moods: BTreeMap<(String, i8), VecDeque<Mood>>,
                sets: (HashSet<u8>, BTreeSet<String>, BinaryHeap<std::cmp::Reverse<u16>>),
                list: LinkedList<[Option<Result<u8, String>>; 4]>,
                texts: (std::path::PathBuf, std::ffi::OsString, std::ffi::CString, std::borrow::Cow<'static, str>),
                times: (std::time::Duration, std::time::SystemTime, std::net::SocketAddr),
                ranges: (std::ops::Range<u8>, std::ops::Bound<u8>, std::task::Poll<char>),
                none: std::marker::PhantomData<std::cell::Cell<u8>>,
                #[state(skip)]
                cache: std::cell::RefCell<u8>,
            }
        } => {
            #[derive(StableState)]
            pub(super) struct Player { name: String, kids: Vec<Player>, best: Option<Box<Player>> }
            #[derive(StableState)]
            pub(super) enum Mood { Calm, Busy { since: std::time::Instant, why: Option<Box<str>> }, Of(Box<Mood>) }
            #[derive(StableState)]
            pub(super) struct World {
                number: u64,
                players: HashMap<u64, Player>,
                moods: BTreeMap<(String, i8), VecDeque<Mood>>,
                sets: (HashSet<u8>, BTreeSet<String>, BinaryHeap<std::cmp::Reverse<u16>>),
                list: LinkedList<[Option<Result<u8, String>>; 4]>,
                texts: (std::path::PathBuf, std::ffi::OsString, std::ffi::CString, std::borrow::Cow<'static, str>),
                times: (std::time::Duration, std::time::SystemTime, std::net::SocketAddr),
                ranges: (std::ops::Range<u8>, std::ops::Bound<u8>, std::task::Poll<char>),
                none: std::marker::PhantomData<std::cell::Cell<u8>>,
                #[state(skip)]
                cache: std::cell::RefCell<u8>,
            }
        },
        [],
        "",
        ""
    );
    assert_eq!(prepared(&row, true), Preparation::Shared);
    assert_eq!(
        because(prepared(&row, false)),
        ["World: its interface `Game` is not `Sync`"]
    );
}

#[test]
fn every_part_that_keeps_calls_waiting_is_told_with_its_path() {
    let row = row!(
        "each kind",
        items {
            #[derive(StableState)]
            pub(super) struct Deep { inner: Option<Box<Deep>>, count: std::cell::Cell<u8> }
            #[derive(StableState)]
            pub(super) enum Mood { Calm, Busy { since: std::rc::Weak<u8> } }
            pub(super) struct Hidden;
            #[derive(StableState)]
            pub(super) struct World {
                number: u32,
                deep: HashMap<u8, Vec<Deep>>,
                again: Deep,
                mood: Mood,
                keys: BTreeMap<(u8, std::rc::Rc<u8>), u8>,
                arc: [std::sync::Arc<u8>; 2],
                lock: std::sync::RwLock<std::sync::Mutex<u8>>,
                cell: std::cell::OnceCell<u8>,
                borrowed: std::cell::RefCell<u8>,
                atomic: std::sync::atomic::AtomicI8,
                // SAFETY: it is only described.
                #[state(unsafe(opaque))]
                hidden: Hidden,
            }
        } => {
            #[derive(StableState)]
            pub(super) struct Deep { inner: Option<Box<Deep>>, count: std::cell::Cell<u8> }
            #[derive(StableState)]
            pub(super) enum Mood { Calm, Busy { since: std::rc::Weak<u8> } }
            pub(super) struct Hidden;
            #[derive(StableState)]
            pub(super) struct World {
                number: u64,
                deep: HashMap<u8, Vec<Deep>>,
                again: Deep,
                mood: Mood,
                keys: BTreeMap<(u8, std::rc::Rc<u8>), u8>,
                arc: [std::sync::Arc<u8>; 2],
                lock: std::sync::RwLock<std::sync::Mutex<u8>>,
                cell: std::cell::OnceCell<u8>,
                borrowed: std::cell::RefCell<u8>,
                atomic: std::sync::atomic::AtomicI8,
                // SAFETY: it is only described.
                #[state(unsafe(opaque))]
                hidden: Hidden,
            }
        },
        [],
        "",
        ""
    );
    let told = because(prepared(&row, false));
    assert_eq!(
        told,
        [
            "World: its interface `Game` is not `Sync`",
            "World.deep[][].count: `Cell<u8>` can be changed by a shared reference",
            "World.mood::Busy.since: `rc::Weak<u8>` can be shared by a shared reference",
            "World.keys[key].1: `Rc<u8>` can be shared by a shared reference",
            "World.arc[]: `Arc<u8>` can be shared by a shared reference",
            "World.lock: `RwLock<Mutex<u8>>` can be changed by a shared reference",
            "World.cell: `OnceCell<u8>` can be changed by a shared reference",
            "World.borrowed: `RefCell<u8>` can be changed by a shared reference",
            "World.atomic: `AtomicI8` can be changed by a shared reference",
            "World.hidden: `Hidden` is opaque, so nothing says what it holds",
        ]
    );
    assert_eq!(because(prepared(&row, true)), told[1..]);
}

/// A type that hotmod comes to know later keeps calls waiting until it is listed.
#[test]
fn a_type_that_may_change_or_be_shared_is_never_among_those_that_are_only_read() {
    let reads = |it: &&Builtin| super::super::preparation::only_reads(**it);
    let read: Vec<_> = Builtin::ALL.iter().filter(reads).collect();
    assert!(!read.is_empty());
    for builtin in read {
        assert!(!builtin.is_cell() && !builtin.is_owner(), "{builtin:?}");
        assert!(!builtin.is_carried(), "{builtin:?}");
    }
    for excluded in [Builtin::ConstPointer, Builtin::MutPointer, Builtin::RefMut] {
        assert!(!reads(&&excluded), "{excluded:?}");
    }
}
