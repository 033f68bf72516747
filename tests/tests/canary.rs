//! Canaries: a candidate that serves a share of a pool's instances, and what ends it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{
    CallLimits, CanaryOptions, CanaryState, Events, Host, Module, NeededFor, Pool, PoolError,
    Refusal, UpdateOutcome, UpdateState,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::rooms::Room;
use hotmod_tests::patience::{PATIENCE, until_equal, until_state};

#[path = "canary/concurrent.rs"]
mod concurrent;
#[path = "canary/ended.rs"]
mod ended;
#[path = "canary/shadowed.rs"]
mod shadowed;

const WIDE: &[Edit] = &[
    ("\"1.0.0\"", "\"2.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 2"),
    ("visits: u64,\n}", "visits: u128,\n}"),
];
const SHUT: Edit = ("SHUT: bool = false", "SHUT: bool = true");
const FALLS: Edit = (
    "fn enter(&mut self) -> u64 {\n        self.visits += 1;",
    "fn enter(&mut self) -> u64 {\n        self.fall();",
);

static ROOMS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("rooms")
        .library("canary", &[])
        .variant("wide", WIDE)
        .variant("shut", &[WIDE, &[SHUT]].concat())
        .variant("falls", &[WIDE, &[FALLS]].concat())
        .variant(
            "third",
            &[("\"1.0.0\"", "\"3.0.0\""), ("CODE: u32 = 1", "CODE: u32 = 3")],
        )
        .variant(
            "narrow",
            &[
                ("\"1.0.0\"", "\"2.0.0\""),
                ("CODE: u32 = 1", "CODE: u32 = 2"),
                ("visits: u64,\n}", "visits: u8,\n}"),
            ],
        )
        .variant(
            "grown",
            &[
                ("\"1.0.0\"", "\"2.0.0\""),
                ("visits: u64,\n}", "visits: u64,\n    #[state(default)]\n    guests: u32,\n}"),
                ("gate: gate.to_owned(),", "gate: gate.to_owned(),\n        guests: 0,"),
            ],
        )
        .variant(
            "one-way",
            &[
                ("\"1.0.0\"", "\"2.0.0\""),
                (
                    "pub struct Hall {\n    /// Where the host is asked, before the room is taken to \
                     another version.\n    gate: String,\n",
                    "#[state(removed(\"gate\"))]\npub struct Hall {\n",
                ),
                ("        gate: gate.to_owned(),\n", ""),
            ],
        )
        .build()
});

fn file(variant: &str) -> PathBuf {
    ROOMS.file(variant)
}

type Rooms = Pool<u64, dyn Room>;

/// A module, its events, and a pool with so many rooms, in which as many have entered as the key
/// says.
fn rooms(count: u64) -> (Module<dyn Room>, Events, Rooms) {
    let host = Host::builder()
        .allow_downgrade(true)
        .build()
        .expect("a host");
    let events = host.events();
    let module = host.load::<dyn Room>(file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let pool = module.pool();
    for key in 0..count {
        create(&pool, key);
    }
    (module, events, pool)
}

fn create(pool: &Rooms, key: u64) {
    let created = pool.create(key, &format!("#{key}"));
    created.unwrap_or_else(|error| panic!("{error}"));
}

fn canary(
    pool: &Rooms,
    variant: &str,
    share: CanaryOptions<u64>,
    limits: CallLimits,
) -> hotmod_host::Canary {
    let canary = pool.canary(file(variant), share.limits(limits));
    canary.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Half of the keys.
fn odd() -> CanaryOptions<u64> {
    CanaryOptions::matching(|key| key % 2 == 1)
}

fn code(pool: &Rooms, key: u64) -> u32 {
    let code = pool.call(&key, |room| room.code());
    code.expect("a call")
}

fn visits(pool: &Rooms, key: u64) -> u64 {
    let visits = pool.call_shared(&key, |room| room.visits());
    visits.expect("a call")
}

fn sweep(pool: &Rooms) {
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.stuck, swept.in_use, swept.remaining), (0, 0, 0));
}

fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    let counts = counts.into_iter();
    counts.map(|(of, count)| (of.to_owned(), count)).collect()
}

/// Waits until an update has come so far, and gives the reason.
fn wait(events: &Events, state: UpdateState) -> Option<String> {
    until_state(events, state)
        .pop()
        .and_then(|event| event.reason)
}

fn refused<T: std::fmt::Debug>(done: Result<T, Refusal>, rule: Rule) -> String {
    let refusal = done.expect_err("a refusal");
    assert_eq!(refusal.differences()[0].rule, rule, "{refusal}");
    refusal.to_string()
}

#[test]
fn a_candidate_serves_its_share_and_no_other_instances() {
    let (module, events, pool) = rooms(1000);
    let outside = module.create("#5").expect("an instance");
    let canary = canary(&pool, "wide", CanaryOptions::percent(10), CallLimits::new());
    assert_eq!(canary.state(), CanaryState::Running);
    assert_eq!((module.version(), canary.version()), ("1.0.0", "2.0.0"));
    // No instance has moved yet; then all that belong to the share do.
    assert_eq!(pool.counts(), counts([("1.0.0", 1000)]));
    sweep(&pool);
    let share = pool.counts()["2.0.0"];
    assert!((50..150).contains(&share), "{share} of 1000");
    assert_eq!(
        pool.counts(),
        counts([("1.0.0", 1000 - share), ("2.0.0", share)])
    );
    let new = (0..1000)
        .filter(|key| code(&pool, *key) == 2)
        .collect::<Vec<_>>();
    assert_eq!(new.len(), share);
    for key in 0..1000 {
        assert_eq!(visits(&pool, key), key);
    }
    assert_eq!(outside.version(), "1.0.0");
    assert_eq!(module.create("").expect("an instance").version(), "1.0.0");
    // The share is the same in the next process, and so it is in the next pool.
    wait(&events, UpdateState::OnTrial);
    drop(pool);
    let (_, _, pool) = rooms(1000);
    let _canary = self::canary(&pool, "wide", CanaryOptions::percent(10), CallLimits::new());
    assert!(
        new.into_iter()
            .eq((0..1000).filter(|key| code(&pool, *key) == 2))
    );
}

#[test]
fn the_share_may_be_chosen_by_the_key() {
    let (_, _, pool) = rooms(10);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    for key in 0..10 {
        assert_eq!(code(&pool, key), if key % 2 == 1 { 2 } else { 1 });
    }
    // New instances belong to the share or do not, from the first.
    create(&pool, 10);
    create(&pool, 11);
    assert_eq!(pool.counts(), counts([("1.0.0", 6), ("2.0.0", 6)]));
    let held = pool.remove(&2).expect("a room");
    pool.insert(13, held).expect("a free key");
    assert_eq!(code(&pool, 13), 2);
    assert_eq!(
        (visits(&pool, 13), canary.state()),
        (2, CanaryState::Running)
    );
}

#[test]
fn what_leaves_the_pool_leaves_the_canary() {
    let (module, _, pool) = rooms(2);
    let _canary = canary(&pool, "wide", odd(), CallLimits::new());
    sweep(&pool);
    let mut room = pool.remove(&1).expect("a room");
    assert_eq!(room.version(), "2.0.0");
    assert_eq!(room.enter().expect("a call"), 2);
    assert_eq!((room.version(), module.version()), ("1.0.0", "1.0.0"));
}

#[test]
fn nothing_else_is_published_meanwhile() {
    let (module, _, pool) = rooms(2);
    let other: Rooms = module.pool();
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    let text = refused(module.update(file("third")), Rule::OnTrial);
    assert!(text.contains("2.0.0 as a canary"), "{text}");
    assert!(text.contains("promote or abort the canary first"), "{text}");
    refused(pool.canary(file("third"), odd()), Rule::OnTrial);
    refused(other.canary(file("third"), odd()), Rule::OnTrial);
    assert_eq!(module.stragglers(), []);
    canary.abort().expect("an end");
    assert_eq!(module.update(file("third")).expect("an update").to, "3.0.0");
}

#[test]
fn a_candidate_that_could_not_be_undone_is_refused() {
    let (module, events, pool) = rooms(2);
    let text = refused(pool.canary(file(BASE), odd()), Rule::SameFile);
    assert!(text.contains("1.0.0 keeps running"), "{text}");
    let text = refused(pool.canary(file("one-way"), odd()), Rule::NoWayBack);
    assert!(text.contains("Hall.gate"), "{text}");
    // Their plans say so before.
    for (variant, rule) in [(BASE, Rule::SameFile), ("one-way", Rule::NoWayBack)] {
        refused(module.plan_canary(file(variant)), rule);
    }
    let grown = module.plan_canary(file("grown")).expect("a plan");
    let lost: Vec<&str> = grown.losses.iter().map(|it| &*it.path).collect();
    assert_eq!(lost, ["Hall.guests"]);
    let reason = wait(&events, UpdateState::Refused);
    assert!(reason.is_some_and(|reason| reason.contains("the very same")));
    assert!(wait(&events, UpdateState::Refused).is_some());
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("1.0.0", 2)]));
    // As an update the same file is not refused.
    assert_eq!(
        module.update(file("one-way")).expect("an update").to,
        "2.0.0"
    );
}

#[test]
fn the_calls_of_both_versions_are_counted() {
    let (_, _, pool) = rooms(10);
    let canary = canary(&pool, "shut", odd(), CallLimits::new());
    for key in 0..10 {
        let knock = pool.call(&key, |room| room.knock());
        assert_eq!(knock.expect("a call").is_ok(), key % 2 == 0);
        let fell = pool.call(&key, |room| room.fall());
        assert!(matches!(fell, Err(PoolError::Call(_))), "{fell:?}");
    }
    assert_eq!(code(&pool, 2), 1);
    let counts = canary.report();
    let of = |counts: hotmod_host::CallCounts| (counts.calls, counts.errors, counts.panics);
    assert_eq!(
        (of(counts.candidate), of(counts.running)),
        ((10, 5, 5), (11, 0, 5))
    );
    canary.abort().expect("an end");
    let _ = pool.call(&1, |room| room.knock());
    assert_eq!(canary.report().running.calls, 11);
}
