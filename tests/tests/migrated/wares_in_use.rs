//! Types of the standard library in pools, on trial and in rehearsals; and those of their values that are
//! beside the point of most tests.

use std::time::Duration;

use hotmod_host::{CanaryOptions, Pool, RehearsalOptions};
use hotmod_tests::fixture::{BASE, Family};
use hotmod_tests::interfaces::wares::Wares;
use hotmod_tests::patience::PATIENCE;

use super::wares::{WARES, grown};
use super::{at_rest, create, load, update};

const KEYS: u64 = 8;

/// A pool of full states, and what each of them shows.
fn pool() -> (Pool<u64, dyn Wares>, Vec<String>) {
    let module = load::<dyn Wares>(WARES.file(BASE));
    let pool = module.pool();
    let shown = (0..KEYS).map(|key| {
        let created = pool.create(key, "");
        created.unwrap_or_else(|error| panic!("{error}"));
        pool.call(&key, |it| it.fill(key)).expect("a call");
        pool.call(&key, |it| it.show()).expect("a call")
    });
    let shown = shown.collect();
    (pool, shown)
}

fn show(pool: &Pool<u64, dyn Wares>) -> Vec<String> {
    let shown = (0..KEYS).map(|key| pool.call(&key, |it| it.show()).expect("a call"));
    shown.collect()
}

#[test]
fn a_pool_takes_them_along_and_back() {
    let (pool, was) = pool();
    let rehearsed = pool
        .module()
        .rehearse(WARES.file("grown"), &RehearsalOptions::new());
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(rehearsed.migrated, 8, "{rehearsed}");
    update(pool.module(), WARES.file("grown"));
    assert_eq!(pool.settle_timeout(PATIENCE).migrated, 8);
    let now: Vec<String> = was.iter().map(|shown| grown(shown)).collect();
    assert_eq!(show(&pool), now);
    let back = pool.module().rollback();
    back.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(pool.settle_timeout(PATIENCE).migrated, 8);
    assert_eq!(show(&pool), was);
    for key in 0..KEYS {
        drop(pool.remove(&key).expect("an instance"));
    }
    let files = [BASE, "grown"].map(|variant| WARES.file(variant));
    assert_eq!(pool.module().memory(), at_rest::<dyn Wares>(files));
}

#[test]
fn a_candidate_on_trial_has_its_share_of_them() {
    let (pool, was) = pool();
    let odd = CanaryOptions::matching(|key: &u64| key % 2 == 1);
    let canary = pool.canary(WARES.file("grown"), odd);
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    let now = was.iter().enumerate().map(|(key, shown)| match key % 2 {
        1 => grown(shown),
        _ => shown.clone(),
    });
    let now: Vec<String> = now.collect();
    assert_eq!(show(&pool), now);
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(show(&pool), was);
}

#[test]
fn a_rehearsal_beside_what_runs_takes_none_of_them() {
    let (pool, was) = pool();
    let candidate = pool.module().candidate(WARES.file("grown"));
    let candidate = candidate.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rehearsed = pool.rehearse(&candidate);
    assert_eq!(rehearsed.fit, 8, "{rehearsed:?}");
    drop(candidate);
    assert_eq!(show(&pool), was);
    let waited = pool.settle_timeout(Duration::ZERO);
    assert_eq!(waited.migrated, 0);
}

const KEYED: &str = r#"
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::ops::RangeInclusive;

use hotmod::StableState;

#[hotmod::interface]
pub trait Wares {
    fn fill(&mut self, seed: u64);

    fn show(&self) -> String;
}

hotmod::module! { name: "keyed", version: "1.0.0" }

/// A hasher of which each map has another.
#[derive(StableState, Clone, Debug, Default)]
pub struct Keyed {
    key: u16,
    // hasher
}

pub struct Sum(u64);

impl BuildHasher for Keyed {
    type Hasher = Sum;

    fn build_hasher(&self) -> Sum {
        Sum(self.key.into())
    }
}

impl Hasher for Sum {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(31).wrapping_add((*byte).into());
        }
    }
}

#[derive(StableState, Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    n: u16,
    // item
}

#[derive(StableState)]
pub struct All {
    map: HashMap<u32, Item, Keyed>,
    set: HashSet<u16, Keyed>,
    ranges: Vec<RangeInclusive<u16>>,
}

#[hotmod::init]
fn new_all() -> All {
    All {
        map: HashMap::with_hasher(keyed(1)),
        set: HashSet::with_hasher(keyed(2)),
        ranges: Vec::new(),
    }
}

fn n<T: From<u16>>(n: u64) -> T {
    (n as u16).into()
}

fn keyed(key: u16) -> Keyed {
    Keyed {
        key: key.into(),
        // make hasher
    }
}

#[hotmod::export]
impl Wares for All {
    fn fill(&mut self, seed: u64) {
        self.map = HashMap::with_hasher(keyed(seed as u16 + 10));
        self.set = HashSet::with_hasher(keyed(seed as u16 + 20));
        for i in 0..seed {
            let item = Item {
                n: n(i),
                // make item
            };
            self.map.insert(i as u32, item);
            self.set.insert(n(i));
        }
        self.ranges = vec![n(1)..=n(3), n(3)..=n(1)];
        if seed % 2 == 1 {
            let mut exhausted = n(seed)..=n(seed + 2);
            exhausted.by_ref().for_each(drop);
            self.ranges.push(exhausted);
        }
    }

    fn show(&self) -> String {
        let found = self.map.keys().filter(|key| self.map.contains_key(key)).count();
        let in_set = self.set.iter().filter(|it| self.set.contains(it)).count();
        let left: Vec<usize> = self.ranges.iter().map(|it| it.clone().count()).collect();
        let keys = [self.map.hasher().key, self.set.hasher().key];
        format!("{found} of {} {in_set} of {} {keys:?} {left:?}", self.map.len(), self.set.len())
    }
}
"#;

#[test]
fn a_map_is_hashed_by_what_it_has_or_anew_where_that_changes() {
    let built = Family::written("keyed", KEYED.to_owned())
        .variant(
            "grown",
            &[
                ("    key: u16,", "    key: u64,"),
                ("    // hasher", "    #[state(default)]\n    salt: u8,"),
                ("        // make hasher", "        salt: 0,"),
                ("    // item", "    #[state(default)]\n    more: u64,"),
                ("                // make item", "                more: 0,"),
                ("        Sum(self.key.into())", "        Sum(self.key)"),
            ],
        )
        .variant(
            "wide",
            &[(
                "ranges: Vec<RangeInclusive<u16>>",
                "ranges: Vec<RangeInclusive<u64>>",
            )],
        )
        .build();
    let module = load::<dyn Wares>(built.file(BASE));
    let mut all = create(&module, "");
    all.fill(6).expect("a call");
    let was = "6 of 6 6 of 6 [16, 26] [3, 0]";
    assert_eq!(all.show().expect("a call"), was);
    // What hashes it is made by `Default`, and finds all.
    let anew = "6 of 6 6 of 6 [0, 0] [3, 0]";
    update(&module, built.file("grown"));
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.show().expect("a call"), anew);
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.show().expect("a call"), anew);

    // A range that is empty because its bounds are is one as any other.
    let module = load::<dyn Wares>(built.file(BASE));
    let mut all = create(&module, "");
    all.fill(6).expect("a call");
    update(&module, built.file("wide"));
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.show().expect("a call"), was);

    // What is left of one that was iterated to its end cannot be said otherwise: it stays as it is.
    let module = load::<dyn Wares>(built.file(BASE));
    let mut all = create(&module, "");
    all.fill(7).expect("a call");
    let was = "7 of 7 7 of 7 [17, 27] [3, 0, 0]";
    assert_eq!(all.show().expect("a call"), was);
    update(&module, built.file("wide"));
    let error = all.migrate().expect_err("an exhausted range");
    let said = error.to_string();
    assert!(said.contains("All.ranges[2]"), "{said}");
    assert_eq!(all.show().expect("a call"), was);
    // A version that leaves it alone takes it along as it is.
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    update(&module, built.file("grown"));
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        all.show().expect("a call"),
        "7 of 7 7 of 7 [0, 0] [3, 0, 0]"
    );
}
