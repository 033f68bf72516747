//! Fields that are not carried over, in what hosts and modules pass to each other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use hotmod::StableState;
use hotmod_host::describe::Rule;
use hotmod_host::{CallError, Function, Host, Module, Untyped};
use hotmod_tests::fixture::{BASE, Built, Family};

use super::{loaded, refused_by};

/// One of each way in which such a field would cross, or could not be made anew.
const BEYOND_REACH: &str = r#"
#[hotmod::export] pub fn by_ref(it: &Session) -> u64 { it.sum() }
#[hotmod::export] pub fn by_mut(it: &mut Session) { it.part.number += 1; }
#[hotmod::export] pub fn by_slice(it: &[Session]) -> usize { it.len() }
#[hotmod::export] pub fn by_mut_slice(it: &mut [Session]) -> usize { it.len() }
#[hotmod::export] pub fn by_option(it: Option<&Outer>) -> bool { it.is_some() }
#[hotmod::export] pub fn by_generic(it: &Both<Session>) -> u64 { it.left.sum() }
#[hotmod::export] pub fn by_box_ref(it: &Box<Session>) -> u64 { it.sum() }
#[hotmod::export] pub fn by_map_ref(it: &HashMap<u32, Vec<Session>>) -> usize { it.len() }
#[hotmod::export] pub fn by_enum_ref(it: &Slot) -> bool { matches!(it, Slot::Empty) }
#[hotmod::export] pub fn boxed(it: Box<Session>) -> u64 { it.sum() }
#[hotmod::export] pub fn counted(it: Arc<Session>) -> u64 { it.sum() }
#[hotmod::export] pub fn mapped(it: HashMap<u32, Session>) -> usize { it.len() }
#[hotmod::export] pub fn queued(it: Vec<VecDeque<Session>>) -> usize { it.len() }
#[hotmod::export] pub fn fixed(it: RVec<Session>) -> usize { it.len() }
#[hotmod::export] pub fn array(it: [Session; 2]) -> u64 { it[0].sum() }
#[hotmod::export] pub fn slot(it: Option<Slot>) -> bool { it.is_some() }
#[hotmod::export] pub fn returned() -> Slot { Slot::Empty }
#[hotmod::export] pub fn within(it: Holder) -> bool { it.slot.is_some() }
#[hotmod::export] pub fn deep(it: Result<(u8, Both<Holder>), u8>) -> bool { it.is_ok() }
#[hotmod::export] pub fn in_tuple(it: Row) -> u64 { it.pair.0.sum() }
#[hotmod::export] pub fn state(it: World) -> u64 { it.total() }
#[hotmod::export(pure)] pub fn pure(it: Shown) -> u32 { it.number }
#[hotmod::import] fn lend(it: &Session) -> u32;
#[hotmod::export] pub fn lends(it: Session) -> u32 { lend(&it) }
#[hotmod::export] pub fn fine(it: PhantomData<Session>, session: Session) { let _ = (it, session); }
#[hotmod::interface]
pub trait Lends { fn lent(&self, it: &Session) -> u64; fn given(&self, it: Session) -> u64; }
#[hotmod::export]
impl Lends for World {
    fn lent(&self, it: &Session) -> u64 { it.sum() }
    fn given(&self, it: Session) -> u64 { it.sum() }
}
#[derive(StableState)] pub struct Holder { slot: Option<Session> }
#[derive(StableState)] pub struct Row { pair: (Session, u8) }
#[derive(Clone, Debug, StableState)]
pub struct Shown { number: u32, #[state(skip)] text: String }
"#;

static IDENTITY: LazyLock<Built> = LazyLock::new(|| {
    Family::new("identity")
        .variant("beyond-reach", &[("// more", BEYOND_REACH)])
        .variant(
            "larger",
            &[
                ("Cache(Box<u64>);", "Cache(Box<u64>, u64);"),
                ("Cache(Box::new(7))", "Cache(Box::new(7), 8)"),
            ],
        )
        .build()
});

/// Held by the one test that counts the host's parts.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Of the parts that came into being here, some were dropped by modules.
    PARTS.store(0, Ordering::Relaxed);
    alone
}

static CACHES: AtomicI64 = AtomicI64::new(0);
static PARTS: AtomicI64 = AtomicI64::new(0);
static FAILS: AtomicBool = AtomicBool::new(false);

/// As large as the module's cache, and something else: code that uses or drops it as that one crashes.
struct Cache(usize);

fn fresh() -> Cache {
    assert!(!FAILS.load(Ordering::Relaxed), "the host has no cache");
    CACHES.fetch_add(1, Ordering::Relaxed);
    Cache(0x5151)
}

impl Drop for Cache {
    fn drop(&mut self) {
        assert_eq!(self.0, 0x5151);
        CACHES.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(StableState)]
struct Part {
    number: u32,
}

impl Drop for Part {
    fn drop(&mut self) {
        PARTS.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(StableState)]
#[repr(C)]
struct Session {
    part: Part,
    #[state(skip, init = fresh)]
    cache: Cache,
    bonus: Box<u32>,
}

impl Session {
    fn new(number: u32) -> Self {
        PARTS.fetch_add(1, Ordering::Relaxed);
        Session {
            part: Part { number },
            cache: fresh(),
            bonus: Box::new(100),
        }
    }

    /// With the host's own cache.
    fn number(&self) -> u32 {
        assert_eq!(self.cache.0, 0x5151);
        self.part.number + *self.bonus
    }
}

#[derive(StableState)]
#[repr(C)]
struct Both<T> {
    left: T,
    mark: u8,
    right: T,
}

#[derive(StableState)]
#[repr(C)]
struct Outer {
    both: Both<Session>,
    #[state(skip, init = fresh)]
    own: Cache,
    name: u64,
}

fn both(left: u32, right: u32) -> Both<Session> {
    Both {
        left: Session::new(left),
        mark: 9,
        right: Session::new(right),
    }
}

fn host() -> Host {
    Host::builder()
        .provide(
            "exchange",
            |session: Session, others: Vec<Session>| -> Session {
                let numbers: u32 = others.iter().map(Session::number).sum();
                Session::new(session.number() + numbers)
            },
        )
        .build()
        .expect("a host")
}

fn module() -> Module<Untyped> {
    loaded(&host(), IDENTITY.file(BASE))
}

macro_rules! function {
    ($module:expr, $name:literal: $ty:ty) => {
        match $module.function::<$ty>($name) {
            Ok(function) => function,
            Err(refusal) => panic!("{refusal}"),
        }
    };
}

/// Checks that nothing of either side is left, or was dropped twice.
#[track_caller]
fn nothing_is_left(module: &Module<Untyped>) {
    let count = |name: &str| -> i64 {
        let function: Function<fn() -> i64> = module.function(name).expect("a function");
        function.call().expect("a call")
    };
    assert_eq!(CACHES.load(Ordering::Relaxed), 0, "caches of the host");
    assert_eq!(count("caches"), 0, "caches of the module");
    assert_eq!(PARTS.load(Ordering::Relaxed) + count("parts"), 0, "parts");
}

#[test]
fn the_receiver_of_a_value_makes_its_own_fields_anew() {
    let _alone = alone();
    let module = module();
    let read = function!(module, "read": fn(Session) -> u64);
    // The number, the bonus of the host and the cache of the module.
    assert_eq!(read.call(Session::new(5)), Ok(112));
    let make = function!(module, "make": fn(u32) -> Session);
    assert_eq!(make.call(3).map(|it| it.number()), Ok(1003));

    let many = function!(module, "many": fn(Vec<Session>) -> Vec<Session>);
    let sessions = (1..=100).map(Session::new).collect();
    let back: Vec<u32> = many
        .call(sessions)
        .expect("a call")
        .iter()
        .map(Session::number)
        .collect();
    assert_eq!(back, (101..=200).rev().collect::<Vec<_>>());
    assert!(many.call(Vec::new()).expect("a call").is_empty());

    let maybe = function!(module, "maybe": fn(Option<Session>) -> Option<Session>);
    let kept = maybe.call(Some(Session::new(1))).expect("a call");
    assert_eq!(kept.map(|it| it.number()), Some(101));
    assert!(maybe.call(Some(Session::new(2))).expect("a call").is_none());
    assert!(maybe.call(None).expect("a call").is_none());

    let either = function!(module, "either": fn(Result<Session, u32>) -> Result<u32, Session>);
    let session = either.call(Ok(Session::new(4))).expect("a call");
    assert_eq!(session.map_err(|it| it.number()), Err(104));
    assert!(matches!(either.call(Err(6)), Ok(Ok(6))));

    let pair = function!(module, "pair": fn((Session, u32)) -> (u32, Session));
    let (number, session) = pair.call((Session::new(7), 1)).expect("a call");
    assert_eq!((number, session.number()), (2, 107));
    drop(session);
    nothing_is_left(&module);
}

#[test]
fn structs_within_structs_are_completed_too() {
    let _alone = alone();
    let module = module();
    let nested = function!(module, "nested": fn(Outer, Option<Both<Session>>) -> Outer);
    let outer = |name| Outer {
        both: both(1, 2),
        own: fresh(),
        name,
    };
    let back = nested.call(outer(1), Some(both(3, 4))).expect("a call");
    // Each session with its bonus and the module's cache, and one cache more.
    assert_eq!(back.name, 1 + (1 + 2 + 3 + 4) + 4 * 107 + 7);
    assert_eq!(
        (back.both.left.number(), back.both.right.number()),
        (101, 102)
    );
    assert_eq!((back.both.mark, back.own.0), (9, 0x5151));
    drop(back);
    assert_eq!(
        nested.call(outer(0), None).map(|it| it.name),
        Ok(3 + 2 * 107 + 7)
    );
    nothing_is_left(&module);
}

#[test]
fn what_a_host_provides_is_given_values_that_it_completes() {
    let _alone = alone();
    let module = module();
    let ask = function!(module, "ask": fn(u32) -> u64);
    // The module's bonus of 1000 three times, what it passed, and what the host's session has.
    assert_eq!(ask.call(10), Ok(3 * 1000 + 10 + 3 + 100 + 7));
    nothing_is_left(&module);
}

#[test]
fn a_maker_that_panics_leaves_nothing_behind() {
    let _alone = alone();
    let module = module();
    let fail = function!(module, "fail": fn(bool));
    let read = function!(module, "read": fn(Session) -> u64);
    let many = function!(module, "many": fn(Vec<Session>) -> Vec<Session>);
    let pair = function!(module, "pair": fn((Session, u32)) -> (u32, Session));
    let nested = function!(module, "nested": fn(Outer, Option<Both<Session>>) -> Outer);
    let panicked = |error: CallError| {
        let CallError::Panicked(panic) = error else {
            panic!("{error}");
        };
        assert_eq!(panic.message, "no cache today");
        assert!(
            panic
                .location
                .is_some_and(|place| place.file.ends_with("module.rs"))
        );
    };
    fail.call(true).expect("a call");
    panicked(read.call(Session::new(5)).expect_err("a panic"));
    panicked(
        pair.call((Session::new(5), 1))
            .map(drop)
            .expect_err("a panic"),
    );
    let sessions = (0..10).map(Session::new).collect();
    panicked(many.call(sessions).map(drop).expect_err("a panic"));
    let outer = Outer {
        both: both(1, 2),
        own: fresh(),
        name: 0,
    };
    panicked(
        nested
            .call(outer, Some(both(3, 4)))
            .map(drop)
            .expect_err("a panic"),
    );
    fail.call(false).expect("a call");
    assert_eq!(read.call(Session::new(5)), Ok(112));
    nothing_is_left(&module);
}

#[test]
fn a_maker_of_the_host_that_panics_leaves_nothing_behind_either() {
    let _alone = alone();
    let module = module();
    let make = function!(module, "make": fn(u32) -> Session);
    let ask = function!(module, "ask": fn(u32) -> u64);
    FAILS.store(true, Ordering::Relaxed);
    // The call is over: it is the host's own code that panics.
    let made = catch_unwind(AssertUnwindSafe(|| make.call(3).map(drop)));
    let asked = ask.call(10);
    FAILS.store(false, Ordering::Relaxed);
    assert!(made.is_err());
    let CallError::Panicked(panic) = asked.expect_err("a panic") else {
        panic!("another error");
    };
    assert_eq!(panic.message, "the host has no cache");
    assert_eq!(make.call(3).map(|it| it.number()), Ok(1003));
    nothing_is_left(&module);
}

#[test]
fn a_field_of_another_size_is_made_anew_all_the_same() {
    let _alone = alone();
    let module = loaded(&host_without_imports(), IDENTITY.file("larger"));
    let read = function!(module, "read": fn(Session) -> u64);
    // As where it has the same size: the call is converted.
    assert_eq!(read.call(Session::new(5)), Ok(112));
    let make = function!(module, "make": fn(u32) -> Session);
    assert_eq!(make.call(3).map(|it| it.number()), Ok(1003));
}

/// A host to which the size of a session does not matter.
fn host_without_imports() -> Host {
    Host::builder()
        .provide("exchange", |session: Larger, _: Vec<Larger>| -> Larger {
            session
        })
        .build()
        .expect("a host")
}

#[derive(StableState)]
#[state(id = "Session")]
#[repr(C)]
struct Larger {
    part: Part,
    #[state(skip)]
    cache: [u64; 2],
    bonus: Box<u32>,
}

#[test]
fn what_the_receiver_cannot_complete_is_refused_before_anything_runs() {
    let everywhere = [
        "array(it)",
        "boxed(it)",
        "by_box_ref(it)",
        "by_enum_ref(it)",
        "by_generic(it)",
        "by_map_ref(it)",
        "by_mut(it)",
        "by_mut_slice(it)",
        "by_option(it)",
        "by_ref(it)",
        "by_slice(it)",
        "counted(it)",
        "deep(it)",
        "fixed(it)",
        "in_tuple(it)",
        "mapped(it)",
        "pure()",
        "queued(it)",
        "returned() ->",
        "slot(it)",
        "state(it)",
        "within(it)",
        "Lends::lent(it)",
        "import lend(it)",
    ];
    let with_lend = || {
        Host::builder()
            .provide("exchange", |session: Session, _: Vec<Session>| -> Session {
                session
            })
            .provide("lend", |session: &Session| -> u32 { session.number() })
            .build()
            .expect("a host")
    };
    let file = IDENTITY.file("beyond-reach");
    let refusal = with_lend().load_untyped(&file).expect_err("a refusal");
    assert_eq!(refused_by(&refusal, Rule::TransientCrosses), everywhere);
    let said = refusal.to_string();
    for part in [
        "by_ref(it): expected a reference to what is carried over, found `&Session`, which leads to \
         `Session.cache`",
        "help: a field with #[state(skip)] belongs to the code that made it",
        "deep(it): expected a value that the receiver can complete, found `Both<Holder>`, in which a \
         `Option<Session>` holds `Session.cache`",
        "pure(): expected a pure function, found one that is given `Shown.text`",
    ] {
        assert!(said.contains(part), "{said}");
    }
    // And so it is where one version would take the place of another.
    let module = loaded(&with_lend(), IDENTITY.file(BASE));
    let refusal = module.update(&file).expect_err("a refusal");
    assert_eq!(refused_by(&refusal, Rule::TransientCrosses), everywhere);
    let refusal = module.candidate(&file).map(drop).expect_err("a refusal");
    assert_eq!(refused_by(&refusal, Rule::TransientCrosses), everywhere);
}

/// A session as a module has it without a field that is not carried over.
#[derive(StableState)]
#[state(id = "Session")]
#[repr(C)]
struct Carried {
    part: Part,
    cache: usize,
    bonus: Box<u32>,
}

#[test]
fn what_one_side_carries_over_the_other_makes_anew() {
    let _alone = alone();
    let module = module();
    let read = function!(module, "read": fn(Carried) -> u64);
    PARTS.fetch_add(1, Ordering::Relaxed);
    let session = Carried {
        part: Part { number: 5 },
        // To the module that is an address, which it must not see.
        cache: 0x5151,
        bonus: Box::new(100),
    };
    assert_eq!(read.call(session), Ok(112));
    // The other way the host's value would have to come from somewhere.
    let refusal = module.function::<fn(u32) -> Carried>("make");
    let said = refusal.map(drop).expect_err("a refusal").to_string();
    assert!(said.contains("make() -> .cache: "), "{said}");
}
