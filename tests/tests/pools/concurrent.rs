//! Several threads at one pool.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;

const KEYS: u64 = 48;
const STEPS: usize = 20_000;
const THREADS: u64 = 4;

/// Numbers that look like chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}

/// Publishes one version after the other while the others work, and then lets the last settle.
fn while_updated(module: &Module<dyn Room>, pool: &Pool<u64, dyn Room>, work: impl Fn(u64) + Sync) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let updating = scope.spawn(|| {
            for (updates, variant) in ["wide", BASE].iter().cycle().enumerate() {
                if done.load(Ordering::Relaxed) && updates >= 10 {
                    break;
                }
                update(module, variant);
                pool.sweep(Duration::from_micros(200));
            }
        });
        let work = &work;
        let workers: Vec<_> = (0..THREADS)
            .map(|seed| scope.spawn(move || work(seed)))
            .collect();
        for worker in workers {
            worker.join().expect("a thread");
        }
        done.store(true, Ordering::Relaxed);
        updating.join().expect("a thread");
    });
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.stuck, swept.in_use, swept.remaining), (0, 0, 0));
    let all = [(module.version(), pool.len())];
    assert_eq!(
        pool.counts(),
        BTreeMap::from(all.map(|(version, count)| (version.to_owned(), count)))
    );
}

#[test]
fn a_pool_does_what_a_model_of_it_does() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    // What each key's instance should have counted. Held during a step at the key, so that the
    // answer of the pool is that of the model.
    let model: Vec<Mutex<Option<u64>>> = (0..KEYS).map(|_| Mutex::new(None)).collect();
    while_updated(&module, &pool, |seed| {
        let mut chance = Chance(seed);
        for _ in 0..STEPS {
            let key = chance.below(KEYS);
            let mut visits = model[usize::try_from(key).expect("a key")]
                .lock()
                .expect("the model");
            match (chance.below(6), *visits) {
                (0, Some(count)) => {
                    let room = pool.remove(&key).expect("a room");
                    assert_eq!(room.visits().expect("a call"), count);
                    *visits = None;
                }
                (0, None) => assert!(matches!(pool.remove(&key), Err(PoolError::Absent { .. }))),
                (1, None) => {
                    create(&pool, key, &format!("#{key}"));
                    *visits = Some(key);
                }
                (1, Some(_)) => {
                    let refused = pool.create(key, "");
                    assert!(
                        matches!(refused, Err(PoolError::Exists { .. })),
                        "{refused:?}"
                    );
                }
                (2, Some(count)) => {
                    let read = pool.call_shared(&key, |room| room.visits());
                    assert_eq!(read.expect("a call"), count);
                    assert!(pool.contains(&key));
                }
                (_, Some(count)) => {
                    assert_eq!(enter(&pool, key), count + 1);
                    *visits = Some(count + 1);
                }
                (_, None) => {
                    assert!(matches!(
                        pool.with(&key, |_| ()),
                        Err(PoolError::Absent { .. })
                    ));
                }
            }
        }
    });
    let model: HashMap<u64, u64> = (0..KEYS)
        .zip(model)
        .filter_map(|(key, visits)| Some((key, visits.into_inner().expect("the model")?)))
        .collect();
    assert_eq!(pool.len(), model.len());
    for key in pool.keys() {
        let visits = pool.call_shared(&key, |room| room.visits());
        assert_eq!(visits.expect("a call"), model[&key]);
    }
}

#[test]
fn no_call_is_lost_where_threads_meet_at_one_key() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    let before = held(&module, "wide");
    let [created, removed, entered, taken] = std::array::from_fn(|_| AtomicU64::new(0));
    while_updated(&module, &pool, |seed| {
        let add = |to: &AtomicU64, count| to.fetch_add(count, Ordering::Relaxed);
        let mut chance = Chance(seed + 100);
        for _ in 0..STEPS {
            let key = chance.below(3);
            match chance.below(8) {
                0 => match pool.remove(&key) {
                    Ok(room) => {
                        add(&removed, 1);
                        add(&taken, room.visits().expect("a call"));
                    }
                    Err(error) => assert!(matches!(error, PoolError::Absent { .. }), "{error}"),
                },
                1 => match pool.create(key, "") {
                    Ok(()) => {
                        add(&created, 1);
                    }
                    Err(error) => assert!(matches!(error, PoolError::Exists { .. }), "{error}"),
                },
                2 => {
                    let (counts, len) = (pool.counts(), pool.keys().len());
                    assert!(
                        counts.values().sum::<usize>() <= 3 && len <= 3,
                        "{counts:?}"
                    );
                }
                _ => match pool.call(&key, |room| room.enter()) {
                    Ok(_) => {
                        add(&entered, 1);
                    }
                    Err(error) => assert!(matches!(error, PoolError::Absent { .. }), "{error}"),
                },
            }
        }
    });
    let visits = |key: &u64| pool.call_shared(key, |room| room.visits()).expect("a call");
    let left: u64 = pool.keys().iter().map(visits).sum();
    assert_eq!(taken.into_inner() + left, entered.into_inner());
    assert_eq!(
        created.into_inner() - removed.into_inner(),
        pool.len() as u64
    );
    drop(pool);
    assert_eq!(module.memory(), before);
}

#[test]
fn a_hundred_thousand_instances_follow_while_they_are_used() {
    const MANY: u64 = 100_000;
    let module = rooms();
    let pool: Pool<u64, dyn Room> = Pool::builder(&module)
        .sweep_every(Duration::from_millis(1), Duration::from_millis(1))
        .build()
        .expect("a pool");
    for key in 0..MANY {
        create(&pool, key, "");
    }
    assert_eq!(pool.counts(), counts([("1.0.0", 100_000)]));
    update(&module, "wide");
    thread::scope(|scope| {
        for seed in 0..THREADS {
            let pool = &pool;
            scope.spawn(move || {
                for key in (seed..MANY).step_by(THREADS as usize) {
                    assert_eq!(enter(pool, key), 1);
                }
            });
        }
    });
    until_equal(|| pool.counts(), &counts([("2.0.0", 100_000)]));
    let mut keys = pool.keys();
    keys.sort_unstable();
    assert!(keys.into_iter().eq(0..MANY));
    for key in 0..MANY {
        assert_eq!(enter(&pool, key), 2);
    }
}
