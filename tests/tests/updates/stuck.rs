//! States that do not fit a version, and do when it is published again.

use hotmod_host::{CanaryOptions, Pool};
use hotmod_tests::ledger::{create, file, ledger, roll_back, update};

use super::*;

type Ledgers = Pool<u64, dyn Ledger>;

/// More than `suspicious` lets pass.
const RICH: u64 = 1000;

/// How many amounts it takes until the first is forgotten.
const KEPT: u64 = 8;

fn code_at(pool: &Ledgers, key: u64) -> u32 {
    let booked = pool.call(&key, |ledger| ledger.book(1));
    booked.expect("a call").code
}

/// A pool with one instance that does not fit and one that does.
fn pool(module: &Module<dyn Ledger>, sweep: bool) -> Ledgers {
    let mut pool = Pool::builder(module);
    if sweep {
        pool = pool.sweep_every(Duration::from_millis(1), Duration::MAX);
    }
    let pool: Ledgers = pool.build().expect("a pool");
    for (key, amount) in [(1, RICH), (2, 1)] {
        pool.create(key, "ada").expect("an instance");
        let booked = pool.call(&key, |ledger| ledger.book(amount));
        booked.expect("a call");
    }
    pool
}

/// Books until the amount that does not fit is forgotten.
fn correct(pool: &Ledgers) {
    (0..KEPT).for_each(|_| assert_eq!(code_at(pool, 1), 1));
}

#[test]
fn a_state_is_tried_again_when_the_same_version_is_published_again() {
    let module = ledger();
    let mut ledger = create(&module);
    ledger.book(RICH).expect("a call");
    for corrected in [false, false, true] {
        if corrected {
            (0..KEPT).for_each(|_| assert_eq!(ledger.book(1).expect("a call").code, 1));
        }
        update(&module, "suspicious");
        assert!(ledger.stuck().is_none(), "nothing was tried yet");
        let code = ledger.book(1).expect("a call").code;
        assert_eq!(code, if corrected { 3 } else { 1 });
        assert_eq!(ledger.stuck().is_none(), corrected);
        roll_back(&module);
        assert_eq!(ledger.book(1).expect("a call").code, 1);
    }
}

/// Trying may be long, so each publication is tried once, whatever the value comes to.
#[test]
fn a_state_is_not_tried_again_before_something_is_published() {
    let module = ledger();
    let mut ledger = create(&module);
    ledger.book(RICH).expect("a call");
    update(&module, "suspicious");
    for _ in 0..2 * KEPT {
        assert_eq!(ledger.book(1).expect("a call").code, 1);
    }
    assert!(ledger.stuck().is_some());
    // The file that runs already is not published again.
    update(&module, "suspicious");
    assert_eq!(ledger.book(1).expect("a call").code, 1);
    ledger.migrate().expect("a value that fits by now");
    assert_eq!(ledger.book(1).expect("a call").code, 3);
}

#[test]
fn a_pool_sweeps_it_again() {
    let module = ledger();
    let pool = pool(&module, false);
    let swept = |stuck, migrated| {
        let swept = pool.sweep(Duration::MAX);
        assert_eq!(
            (swept.stuck, swept.migrated),
            (stuck, migrated),
            "{swept:?}"
        );
        assert_eq!((swept.remaining, pool.stuck().len()), (0, stuck));
    };
    update(&module, "suspicious");
    swept(1, 1);
    assert_eq!(pool.sweep(Duration::MAX).stuck, 0, "it was tried already");
    roll_back(&module);
    assert_eq!(pool.stuck(), []);
    swept(0, 1);
    update(&module, "suspicious");
    swept(1, 1);
    roll_back(&module);
    swept(0, 1);
    correct(&pool);
    update(&module, "suspicious");
    assert_eq!(pool.stuck(), []);
    swept(0, 2);
}

#[test]
fn the_sweeper_tries_it_again_by_itself() {
    let module = ledger();
    let pool = pool(&module, true);
    update(&module, "suspicious");
    until(|| pool.stuck().len() == 1);
    roll_back(&module);
    until(|| pool.counts().keys().eq(["1.0.0"]));
    correct(&pool);
    update(&module, "suspicious");
    until(|| pool.counts().keys().eq(["2.0.0"]));
    assert_eq!(pool.stuck(), []);
}

#[test]
fn a_canary_of_the_same_version_tries_it_again() {
    let module = ledger();
    let pool = pool(&module, false);
    for corrected in [false, true] {
        if corrected {
            correct(&pool);
        }
        let canary = pool.canary(file("suspicious"), CanaryOptions::percent(100));
        let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(code_at(&pool, 1), if corrected { 3 } else { 1 });
        assert_eq!(pool.stuck().is_empty(), corrected);
        assert_eq!(code_at(&pool, 2), 3);
        canary.abort().expect("an end");
        assert_eq!((code_at(&pool, 1), code_at(&pool, 2)), (1, 1));
    }
}
