//! Canaries that come and go while several threads use the pool.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::*;

const KEYS: u64 = 64;

#[test]
fn no_call_is_lost_while_canaries_come_and_go() {
    let host = Host::builder()
        .allow_downgrade(true)
        .build()
        .expect("a host");
    let module = host.load::<dyn Room>(file(BASE)).expect("a module");
    let pool: Rooms = Pool::builder(&module)
        .sweep_every(Duration::from_micros(100), Duration::from_micros(100))
        .build()
        .expect("a pool");
    (0..KEYS).for_each(|key| create(&pool, key));
    let done = AtomicBool::new(false);
    let entered: Vec<AtomicU64> = (0..KEYS).map(AtomicU64::new).collect();
    thread::scope(|scope| {
        for first in 0..3 {
            let (pool, done, entered) = (&pool, &done, &entered);
            scope.spawn(move || {
                for key in (first..KEYS).cycle() {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let called = pool.with(&key, |room| {
                        let count = room.enter().expect("a call");
                        // Exclusive to this thread: no other thread counts this room meanwhile.
                        let expected = &entered[usize::try_from(key).expect("a key")];
                        assert_eq!(count, expected.load(Ordering::Relaxed) + 1);
                        expected.store(count, Ordering::Relaxed);
                        // At one version or the other, and its code is of that version.
                        let code = room.code().expect("a call");
                        assert_eq!(room.version(), format!("{code}.0.0"));
                    });
                    called.expect("a room");
                    // Every instance is counted at every moment, and once.
                    if key == first {
                        assert_eq!(pool.counts().values().sum::<usize>(), KEYS as usize);
                    }
                }
            });
        }
        for round in 0..60_u64 {
            // Back and forth between two files: a canary is of the one that does not run.
            let next = if module.version() == "1.0.0" {
                "wide"
            } else {
                BASE
            };
            let share = CanaryOptions::percent((round * 7 % 101) as f64);
            let canary = self::canary(&pool, next, share, CallLimits::new().panics(0.0));
            assert!(pool.counts().len() <= 2);
            match round % 3 {
                0 => canary.abort().expect("an end"),
                1 => {
                    canary.promote().expect("an update");
                }
                _ => {
                    pool.sweep(Duration::MAX);
                    canary.abort().expect("an end");
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    // The sweeper may be busy with an instance.
    let settled = pool.settle_timeout(PATIENCE);
    assert_eq!((settled.stuck, settled.remaining), (0, 0), "{settled}");
    assert_eq!(
        pool.counts(),
        BTreeMap::from([(module.version().to_owned(), pool.len())])
    );
    for (key, entered) in (0..).zip(entered) {
        assert_eq!(visits(&pool, key), entered.into_inner());
    }
}

#[test]
fn a_canary_of_thousands_serves_its_share_by_the_sweeper_alone() {
    let (module, events, pool) = rooms(0);
    drop(pool);
    let pool: Rooms = Pool::builder(&module)
        .sweep_every(Duration::from_millis(1), Duration::from_millis(1))
        .build()
        .expect("a pool");
    (0..20_000).for_each(|key| create(&pool, key));
    let canary = self::canary(&pool, "wide", odd(), CallLimits::new());
    until_equal(
        || pool.counts(),
        &counts([("1.0.0", 10_000), ("2.0.0", 10_000)]),
    );
    canary.abort().expect("an end");
    until_equal(|| pool.counts(), &counts([("1.0.0", 20_000)]));
    wait(&events, UpdateState::RolledBack);
    for key in 0..20_000 {
        assert_eq!(visits(&pool, key), key);
    }
}
