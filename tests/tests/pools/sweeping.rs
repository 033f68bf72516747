//! Instances that are taken to a new version without being used.

use super::*;

/// Sweeps that have no time to spend: how many instances each takes along.
fn sweeps(pool: &Pool<u64, dyn Room>) -> Vec<usize> {
    let sweeps = std::iter::from_fn(|| {
        let swept = pool.sweep(Duration::ZERO);
        assert!(
            swept.migrated + swept.stuck + swept.in_use <= 1,
            "{swept:?}"
        );
        (swept.migrated > 0).then_some(swept.remaining)
    });
    sweeps.collect()
}

#[test]
fn a_sweep_goes_no_further_than_its_budget_and_on_from_there() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    for key in 0..5 {
        create(&pool, key, "");
    }
    assert_eq!(pool.sweep(Duration::MAX).migrated, 0);
    update(&module, "wide");
    assert_eq!(sweeps(&pool), [4, 3, 2, 1, 0]);
    assert_eq!(pool.counts(), counts([("2.0.0", 5)]));

    update(&module, BASE);
    assert_eq!(pool.sweep(Duration::ZERO).remaining, 4);
    // Not waited for: one that moves by itself, one that is removed, and two that are new.
    let waiting = |key: &u64| pool.with(key, |_| ()).expect("a room");
    waiting(&4);
    drop(pool.remove(&3).expect("a room"));
    create(&pool, 5, "");
    create(&pool, 6, "");
    assert_eq!(pool.counts(), counts([("1.0.0", 4), ("2.0.0", 2)]));
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.migrated, swept.remaining), (2, 0));
    assert_eq!(pool.counts(), counts([("1.0.0", 6)]));
}

#[test]
fn a_sweep_of_thousands_finds_each_that_waits() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    for key in 0..5000 {
        create(&pool, key, "");
    }
    update(&module, "wide");
    for key in (0..5000).filter(|key| key % 1250 != 0) {
        enter(&pool, key);
    }
    assert_eq!(pool.counts(), counts([("1.0.0", 4), ("2.0.0", 4996)]));
    assert_eq!(sweeps(&pool), [3, 2, 1, 0]);
    assert_eq!(pool.counts(), counts([("2.0.0", 5000)]));
}

#[test]
fn those_that_do_not_fit_stay_and_are_listed() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    for key in 0..6 {
        create(&pool, key, &format!("#{}", key * 100));
    }
    update(&module, "narrow");
    assert_eq!(enter(&pool, 5), 501);
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.migrated, swept.stuck, swept.remaining), (3, 2, 0));
    assert_eq!(pool.counts(), counts([("1.0.0", 3), ("3.0.0", 3)]));
    let mut stuck = pool.stuck();
    stuck.sort_unstable_by_key(|(key, _)| *key);
    let values = ["300", "400", "500"];
    for ((key, error), (expected, value)) in stuck.iter().zip((3..).zip(values)) {
        assert_eq!((*key, error.path.as_str()), (expected, "Hall.visits"));
        assert!(error.reason.contains(value), "{error}");
    }
    assert_eq!(stuck.len(), 3);
    // Stuck instances are not tried again, and go on where they are.
    assert_eq!(pool.sweep(Duration::MAX).stuck, 0);
    assert_eq!(enter(&pool, 4), 401);
    assert_eq!(pool.call_shared(&4, |room| room.code()).expect("a call"), 1);

    drop(pool.remove(&3).expect("a room"));
    assert_eq!(pool.stuck().len(), 2);
    let held = pool.remove(&4).expect("a room");
    pool.insert(7, held).expect("a free key");
    assert_eq!(pool.stuck().len(), 2);
    update(&module, BASE);
    assert_eq!(pool.stuck(), []);
    assert_eq!(pool.sweep(Duration::MAX).migrated, 3);
    assert_eq!(pool.counts(), counts([("1.0.0", 5)]));
}

#[test]
fn a_long_migration_holds_up_only_calls_of_that_instance() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    let gate = Gate::new();
    create(&pool, 1, &gate.path());
    for key in 2..6 {
        create(&pool, key, "");
    }
    update(&module, "gated");
    thread::scope(|scope| {
        let mover = scope.spawn(|| enter(&pool, 1));
        let waiting = gate.wait();
        // While one instance migrates, all the rest goes on.
        assert_eq!(enter(&pool, 2), 1);
        create(&pool, 6, "");
        drop(pool.remove(&3).expect("a room"));
        let swept = pool.sweep(Duration::MAX);
        assert_eq!((swept.migrated, swept.in_use, swept.remaining), (2, 1, 1));
        assert_eq!(pool.counts(), counts([("1.0.0", 1), ("2.0.0", 4)]));
        assert_eq!(pool.keys().len(), 5);
        assert_eq!(
            pool.call_shared(&2, |room| room.visits()).expect("a call"),
            1
        );
        drop(waiting);
        assert_eq!(mover.join().expect("a thread"), 1);
    });
    assert_eq!(pool.counts(), counts([("2.0.0", 5)]));
}

/// No other instance needs the version that it is on the way to.
#[test]
fn an_instance_goes_on_from_a_version_that_was_left_while_it_was_taken_there() {
    let module = rooms();
    let gate = Gate::new();
    let mut room = module.create(&gate.path()).expect("a room");
    update(&module, "gated");
    thread::scope(|scope| {
        let mover = scope.spawn(|| room.migrate());
        let waiting = gate.wait();
        module.rollback().expect("a way back");
        update(&module, "wide");
        update(&module, "narrow");
        module.make_permanent();
        let version = |number: usize| module.versions()[number].clone();
        until(|| version(2).is_retired);
        // A version is retired in the module's turn: once this call has the turn, that is over.
        module.make_permanent();
        assert_eq!(version(1).needed, [NeededFor::Instances(1)]);
        drop(waiting);
        mover.join().expect("a thread").expect("a room that fits");
        assert_eq!(version(1).needed, [NeededFor::Instances(1)]);
    });
    assert_eq!(room.enter().expect("a call"), 1);
    assert_eq!(room.version(), "3.0.0");
}

#[test]
fn an_instance_in_use_is_left_to_its_next_use() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    create(&pool, 1, "");
    create(&pool, 2, "");
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = scope.spawn(|| pool.call(&1, |room| room.stay(&gate.path())));
        let waiting = gate.wait();
        update(&module, "wide");
        let swept = pool.sweep(Duration::MAX);
        assert_eq!((swept.migrated, swept.in_use, swept.remaining), (1, 1, 1));
        assert_eq!(pool.counts(), counts([("1.0.0", 1), ("2.0.0", 1)]));
        drop(waiting);
        let stayed = stay.join().expect("a thread");
        assert_eq!(stayed.expect("a call"), 1);
    });
    assert_eq!(pool.counts(), counts([("1.0.0", 1), ("2.0.0", 1)]));
    assert_eq!(enter(&pool, 1), 2);
    assert_eq!(pool.counts(), counts([("2.0.0", 2)]));
}

#[test]
fn a_pool_settles_when_those_in_use_are_let_go() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    for (key, config) in [(1, ""), (2, ""), (3, "#300")] {
        create(&pool, key, config);
    }
    assert_eq!(pool.settle_timeout(Duration::MAX).remaining, 0);
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = scope.spawn(|| pool.call(&1, |room| room.stay(&gate.path())));
        let waiting = gate.wait();
        update(&module, "narrow");
        let some = pool.settle_timeout(Duration::from_millis(20));
        let left = (some.in_use, some.remaining);
        assert_eq!((some.migrated, some.stuck, left), (1, 1, (1, 1)));
        assert!(some.took >= Duration::from_millis(20), "it did not wait");
        assert!(
            some.to_string()
                .contains("1 stuck; 1 remain, 1 of them in use")
        );
        let settling = scope.spawn(|| pool.settle_timeout(PATIENCE));
        drop(waiting);
        let all = settling.join().expect("a thread");
        let left = (all.in_use, all.remaining);
        assert_eq!((all.migrated, all.stuck, left), (1, 0, (0, 0)));
        assert_eq!(stay.join().expect("a thread").expect("a call"), 1);
    });
    assert_eq!(pool.counts(), counts([("1.0.0", 1), ("3.0.0", 2)]));
    assert_eq!(pool.stuck().len(), 1);
}

#[test]
fn a_thread_that_settles_a_pool_does_not_wait_for_itself() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    create(&pool, 1, "");
    create(&pool, 2, "");
    let settled = pool.with(&1, |_| {
        update(&module, "wide");
        [Duration::MAX, PATIENCE].map(|within| pool.settle_timeout(within))
    });
    let settled = settled.expect("a room");
    assert_eq!(settled.each_ref().map(|it| it.migrated), [1, 0]);
    assert_eq!(settled.each_ref().map(|it| it.in_use), [1, 1]);
    assert_eq!(settled.each_ref().map(|it| it.remaining), [1, 1]);
    assert!(settled[1].took < PATIENCE);
    assert_eq!(pool.settle_timeout(Duration::MAX).migrated, 1);
}

#[test]
fn a_use_that_an_update_falls_into_is_counted_when_it_has_moved() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    create(&pool, 1, "");
    let used = pool.with(&1, |room| {
        assert_eq!(room.code().expect("a call"), 1);
        update(&module, "wide");
        room.enter().expect("a call");
        room.code().expect("a call")
    });
    assert_eq!(used.expect("a room"), 2);
    assert_eq!(pool.counts(), counts([("2.0.0", 1)]));
    assert_eq!(pool.sweep(Duration::MAX).migrated, 0);
}

fn in_the_background(module: &Module<dyn Room>, budget: Duration) -> Pool<u64, dyn Room> {
    let tick = Duration::from_millis(1);
    let builder = Pool::builder(module).sweep_every(tick, budget);
    builder.build().expect("a pool")
}

#[test]
fn the_sweeper_takes_along_all_that_are_not_in_use() {
    let module = rooms();
    // No time to spend: each tick takes one along.
    let pool = in_the_background(&module, Duration::ZERO);
    for key in 0..20 {
        create(&pool, key, "");
    }
    for variant in ["wide", BASE, "wide"] {
        update(&module, variant);
        let version = module.version();
        until_equal(|| pool.counts(), &counts([(version, 20)]));
    }
    let late = pool.remove(&3).expect("a room");
    update(&module, BASE);
    until_equal(|| pool.counts(), &counts([("1.0.0", 19)]));
    assert_eq!(late.version(), "2.0.0");
    pool.insert(3, late).expect("a free key");
    until_equal(|| pool.counts(), &counts([("1.0.0", 20)]));
}

#[test]
fn the_sweeper_comes_back_for_what_was_in_use() {
    let module = rooms();
    let pool = in_the_background(&module, Duration::MAX);
    create(&pool, 1, "");
    create(&pool, 2, "");
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = scope.spawn(|| pool.call(&1, |room| room.stay(&gate.path())));
        let waiting = gate.wait();
        update(&module, "wide");
        until_equal(|| pool.counts(), &counts([("1.0.0", 1), ("2.0.0", 1)]));
        drop(waiting);
        let stayed = stay.join().expect("a thread");
        assert_eq!(stayed.expect("a call"), 1);
    });
    until_equal(|| pool.counts(), &counts([("2.0.0", 2)]));
}

#[test]
fn dropping_the_pool_waits_for_the_instance_that_the_sweeper_is_at() {
    let module = rooms();
    let before = held(&module, "gated");
    let pool = in_the_background(&module, Duration::MAX);
    let gate = Gate::new();
    for key in 0..3 {
        create(&pool, key, &gate.path());
    }
    update(&module, "gated");
    let waiting = gate.wait();
    let dropping = thread::spawn(|| drop(pool));
    drop(waiting);
    // Until it knows that it is to end, the sweeper may come to another one.
    until(|| {
        gate.let_on();
        dropping.is_finished()
    });
    dropping.join().expect("a thread");
    assert_eq!(module.memory(), before);
}
