//! Pools: many instances by key, used by several threads while versions come and go.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use hotmod_host::{CallError, Host, Module, NeededFor, Pool, PoolError};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::gate::Gate;
use hotmod_tests::interfaces::rooms::Room;
use hotmod_tests::patience::{PATIENCE, until, until_equal};

#[path = "pools/concurrent.rs"]
mod concurrent;
#[path = "pools/settled.rs"]
mod settled;
#[path = "pools/shared.rs"]
mod shared;
#[path = "pools/sweeping.rs"]
mod sweeping;

const WIDE: &[Edit] = &[
    ("\"1.0.0\"", "\"2.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 2"),
    ("visits: u64,\n}", "visits: u128,\n}"),
];

/// A check that comes to a room's gate before the room is taken to this version.
const HOOK: Edit = (
    "// hooks",
    "#[hotmod::after_migrate]
     fn ask_first(hall: &Hall, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {
         if !hall.gate.is_empty() { ask(&hall.gate); }
         Ok(())
     }",
);

static ROOMS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("rooms")
        .variant("wide", WIDE)
        .variant("gated", &[WIDE, &[HOOK]].concat())
        .variant(
            "narrow",
            &[
                ("\"1.0.0\"", "\"3.0.0\""),
                ("CODE: u32 = 1", "CODE: u32 = 3"),
                ("visits: u64,\n}", "visits: u8,\n}"),
            ],
        )
        .build()
});

fn file(variant: &str) -> PathBuf {
    ROOMS.file(variant)
}

/// The module, in a host that goes back to older versions too.
fn rooms() -> Module<dyn Room> {
    let host = Host::builder().allow_downgrade(true).build();
    let module = host.expect("a host").load::<dyn Room>(file(BASE));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update(module: &Module<dyn Room>, variant: &str) {
    let update = module.update(file(variant));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
}

/// What the module holds of the host's memory, with both versions loaded and no instance there.
fn held(module: &Module<dyn Room>, variant: &str) -> i64 {
    update(module, variant);
    update(module, BASE);
    module.memory()
}

fn create(pool: &Pool<u64, dyn Room>, key: u64, config: &str) {
    let created = pool.create(key, config);
    created.unwrap_or_else(|error| panic!("{error}"));
}

fn enter(pool: &Pool<u64, dyn Room>, key: u64) -> u64 {
    let entered = pool.call(&key, |room| room.enter());
    entered.unwrap_or_else(|error| panic!("{error}"))
}

fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    let counts = counts.into_iter();
    counts.map(|(of, count)| (of.to_owned(), count)).collect()
}

#[test]
fn an_instance_is_created_used_and_removed_by_its_key() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    assert!(pool.is_empty());
    create(&pool, 7, "");
    create(&pool, 8, "#5");
    assert_eq!(
        (enter(&pool, 7), enter(&pool, 7), enter(&pool, 8)),
        (1, 2, 6)
    );
    assert_eq!(
        pool.call_shared(&7, |room| room.visits()).expect("a call"),
        2
    );
    let mut keys = pool.keys();
    keys.sort_unstable();
    assert_eq!((keys, pool.len()), (vec![7, 8], 2));
    assert_eq!(pool.counts(), counts([("1.0.0", 2)]));

    let mut room = pool.remove(&7).expect("a room");
    assert_eq!(room.enter().expect("a call"), 3);
    assert!(!pool.contains(&7) && pool.contains(&8));
    assert!(matches!(pool.remove(&7), Err(PoolError::Absent { .. })));
    for refused in [
        pool.with(&7, |_| ()),
        pool.with_shared(&7, |_| ()),
        pool.call(&7, |_| Ok(())),
        pool.call_shared(&7, |_| Ok(())),
    ] {
        assert!(matches!(refused, Err(PoolError::Absent { .. })));
    }
    pool.insert(9, room).expect("a free key");
    assert_eq!(enter(&pool, 9), 4);
    assert_eq!(pool.counts(), counts([("1.0.0", 2)]));
}

#[test]
fn keys_are_of_any_type_that_can_be_looked_up() {
    let pool: Pool<(String, u8), dyn Room> = rooms().pool();
    let key = ("attic".to_owned(), 3);
    pool.create(key.clone(), "").expect("a room");
    assert_eq!(pool.call(&key, |room| room.enter()).expect("a call"), 1);
    assert_eq!(pool.keys(), [key]);
}

#[test]
fn a_key_that_is_taken_is_refused_and_the_instance_given_back() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    create(&pool, 1, "#10");
    let refused = pool.create(1, "refuse");
    assert!(
        matches!(refused, Err(PoolError::Exists { .. })),
        "{refused:?}"
    );

    let mut other = module.create("#20").expect("an instance");
    other.enter().expect("a call");
    let refused = pool.insert(1, other).expect_err("a taken key");
    assert!(
        matches!(refused.error, PoolError::Exists { .. }),
        "{refused}"
    );
    assert_eq!(refused.instance.visits().expect("a call"), 21);
    assert_eq!(enter(&pool, 1), 11);

    let stranger = rooms().create("#30").expect("an instance");
    let refused = pool
        .insert(2, stranger)
        .expect_err("an instance of another host");
    assert!(
        matches!(refused.error, PoolError::OtherModule { .. }),
        "{refused}"
    );
    assert_eq!(refused.instance.visits().expect("a call"), 30);
    assert_eq!(pool.len(), 1);
}

#[test]
fn a_creation_that_fails_leaves_the_key_free() {
    let pool: Pool<u64, dyn Room> = rooms().pool();
    for config in ["refuse", "#many", "now /nowhere"] {
        let failed = pool.create(1, config);
        assert!(matches!(failed, Err(PoolError::Create(_))), "{failed:?}");
        assert!(!pool.contains(&1) && pool.is_empty());
    }
    create(&pool, 1, "");
    assert_eq!(enter(&pool, 1), 1);
}

#[test]
fn a_key_is_taken_while_its_instance_is_made() {
    let pool: Pool<u64, dyn Room> = rooms().pool();
    let gate = Gate::new();
    thread::scope(|scope| {
        scope.spawn(|| create(&pool, 1, &format!("now {}", gate.path())));
        let waiting = gate.wait();
        assert!(matches!(pool.create(1, ""), Err(PoolError::Exists { .. })));
        assert_eq!((pool.contains(&1), pool.len()), (true, 0));
        let entering = scope.spawn(|| enter(&pool, 1));
        create(&pool, 2, "");
        drop(waiting);
        assert_eq!(entering.join().expect("a room"), 1);
    });
    assert_eq!(pool.len(), 2);
}

#[test]
fn a_thread_that_would_wait_for_itself_is_told_so() {
    let pool: Pool<u64, dyn Room> = rooms().pool();
    create(&pool, 1, "");
    create(&pool, 2, "");
    let refused = |done: Result<(), PoolError>| {
        assert!(
            matches!(done, Err(PoolError::InUseByThisThread { .. })),
            "{done:?}"
        );
    };
    let used = pool.with(&1, |room| {
        refused(pool.with(&1, |_| ()));
        refused(pool.with_shared(&1, |_| ()));
        refused(pool.remove(&1).map(drop));
        assert!(matches!(pool.create(1, ""), Err(PoolError::Exists { .. })));
        assert_eq!((pool.len(), pool.contains(&1)), (2, true));
        assert_eq!(enter(&pool, 2), 1);
        room.enter().expect("a call")
    });
    assert_eq!(used.expect("a room"), 1);
    let used = pool.with_shared(&1, |room| {
        refused(pool.with(&1, |_| ()));
        refused(pool.remove(&1).map(drop));
        let again = pool.call_shared(&1, |room| room.visits());
        assert_eq!(again.expect("a call"), 1);
        // Another thread may read meanwhile, and so may this one.
        thread::scope(|scope| {
            let read = scope.spawn(|| pool.call_shared(&1, |room| room.visits()));
            read.join().expect("a thread").expect("a call")
        }) + room.visits().expect("a call")
    });
    assert_eq!(used.expect("a room"), 2);
    assert_eq!(enter(&pool, 1), 2);
}

#[test]
fn a_panic_leaves_the_instance_in_use() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    create(&pool, 1, "");
    let told = pool.call(&1, |room| room.fall()).expect_err("a panic");
    let PoolError::Call(panic @ CallError::Panicked(_)) = &told else {
        panic!("{told}");
    };
    assert_eq!(told.to_string(), panic.to_string());
    // `with` gives the error of the call as it is.
    let told = pool.with(&1, |room| room.fall()).expect("a room");
    assert!(matches!(told, Err(CallError::Panicked(_))), "{told:?}");
    update(&module, "wide");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        pool.with(&1, |room| {
            room.enter().expect("a call");
            panic!("in the host");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(pool.counts(), counts([("2.0.0", 1)]));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        pool.with_shared(&1, |_| panic!("in the host"))
    }));
    assert!(panicked.is_err());
    assert_eq!(enter(&pool, 1), 4);
}

#[test]
fn readers_share_the_instance() {
    let pool: Pool<u64, dyn Room> = rooms().pool();
    create(&pool, 1, "#4");
    let gate = Gate::new();
    let look = || pool.call_shared(&1, |room| room.look(&gate.path()));
    thread::scope(|scope| {
        let looking = [scope.spawn(look), scope.spawn(look)];
        // Both are inside.
        drop([gate.wait(), gate.wait()]);
        for look in looking {
            let looked = look.join().expect("a thread");
            assert_eq!(looked.expect("a call"), 4);
        }
    });
}

#[test]
fn an_exchange_of_instances_is_counted() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    create(&pool, 1, "#1");
    create(&pool, 2, "#2");
    let mut held = pool.remove(&2).expect("a room");
    update(&module, "wide");
    pool.with(&1, |room| std::mem::swap(room, &mut held))
        .expect("a room");
    assert_eq!(pool.counts(), counts([("1.0.0", 1)]));
    assert_eq!(held.version(), "2.0.0");
    assert_eq!(enter(&pool, 1), 3);
    assert_eq!(pool.counts(), counts([("2.0.0", 1)]));
}

#[test]
fn dropping_the_pool_drops_its_instances() {
    let module = rooms();
    let before = module.memory();
    for sweep in [false, true] {
        let mut builder = Pool::builder(&module);
        if sweep {
            builder = builder.sweep_every(Duration::from_millis(1), Duration::from_millis(1));
        }
        let pool: Pool<u64, dyn Room> = builder.build().expect("a pool");
        for key in 0..100 {
            create(&pool, key, "a text on the heap#1");
        }
        drop(pool.remove(&50));
        assert!(module.memory() > before);
        drop(pool);
        assert_eq!(module.memory(), before);
    }
}
