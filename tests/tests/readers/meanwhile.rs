//! Shared calls that run while a state is prepared.

use super::*;

/// What a module holds is what it held; where it panicked, each thread keeps some notes of that.
fn is_as_before(now: i64, before: i64) {
    assert!((now - before).abs() < 4096, "{before} and now {now}");
}

#[test]
fn shared_calls_go_on_while_a_call_has_the_state_prepared() {
    let module = archives(BASE);
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 50);
    let report = update(&module, "gated");
    let shared = ("Shelves".to_owned(), Preparation::Shared);
    assert_eq!(report.preparations, [shared]);
    let told = report.to_string();
    assert!(told.contains("its `&self` calls go on"), "{told}");
    let back = module.rollback_report().expect("a way back");
    assert_eq!(back.preparations, report.preparations);
    let told = back.to_string();
    assert!(told.contains("its `&self` calls go on"), "{told}");
    thread::scope(|scope| {
        let caller = scope.spawn(|| add(&pool, "entry 50"));
        let waiting = gate.wait();
        // The new state is made, and is not in its place yet.
        assert_eq!(read(&pool), (1, amount(50)));
        let reader = scope.spawn(|| read(&pool));
        assert_eq!(reader.join().expect("a thread"), (1, amount(50)));
        // It counts as in use for a sweep, too.
        let swept = pool.sweep(Duration::MAX);
        assert_eq!((swept.in_use, swept.remaining), (1, 1));
        drop(waiting);
        assert_eq!(caller.join().expect("a thread"), 51);
    });
    assert_eq!(read(&pool), (2, amount(51)));
}

#[test]
fn shared_calls_go_on_while_a_sweep_prepares_and_exclusive_ones_wait_and_do_not_prepare_again() {
    let module = archives(BASE);
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 50);
    update(&module, "gated");
    thread::scope(|scope| {
        let sweeping = scope.spawn(|| pool.sweep(Duration::MAX));
        let waiting = gate.wait();
        let caller = scope.spawn(|| add(&pool, "entry 50"));
        // Also once a thread waits to use it exclusively.
        for _ in 0..100 {
            assert_eq!(read(&pool), (1, amount(50)));
        }
        assert!(!caller.is_finished());
        drop(waiting);
        let swept = sweeping.join().expect("a thread");
        assert_eq!((swept.migrated, swept.remaining), (1, 0));
        // Were it prepared again, it would wait at the gate.
        assert_eq!(caller.join().expect("a thread"), 51);
    });
    assert!(!gate.let_on());
    assert_eq!(read(&pool), (2, amount(51)));
}

#[test]
fn a_call_that_reads_is_waited_for_before_the_state_changes() {
    let module = archives(BASE);
    let (gate, door) = (Gate::new(), Gate::new());
    let pool = pool(&module, &gate.path(), 20);
    update(&module, "gated");
    thread::scope(|scope| {
        let caller = scope.spawn(|| add(&pool, "entry 20"));
        let waiting = gate.wait();
        let reader = scope.spawn(|| pool.call_shared(&1, |it| it.look(&door.path())));
        let reading = door.wait();
        drop(waiting);
        // Its version is that of the state that it began with.
        assert!(!caller.is_finished());
        drop(reading);
        let seen = reader.join().expect("a thread").expect("a call");
        assert_eq!(seen, (1, amount(20)));
        assert_eq!(caller.join().expect("a thread"), 21);
    });
    assert_eq!(read(&pool), (2, amount(21)));
}

/// A reader that stays keeps an instance from moving, and a sweep does not wait for it for ever.
#[test]
fn a_sweep_leaves_an_instance_whose_readers_stay() {
    let module = archives(BASE);
    let door = Gate::new();
    let pool = pool(&module, "", 20);
    thread::scope(|scope| {
        let reader = scope.spawn(|| pool.call_shared(&1, |it| it.look(&door.path())));
        let reading = door.wait();
        update(&module, "wide");
        let held = module.memory();
        let swept = pool.sweep(Duration::MAX);
        assert_eq!((swept.migrated, swept.in_use, swept.remaining), (0, 1, 1));
        // What was prepared is given up, and others may read again.
        assert_eq!(module.memory(), held);
        assert_eq!(read(&pool), (1, amount(20)));
        // Nor does a thread wait for itself.
        let swept = pool.with_shared(&1, |_| pool.sweep(Duration::MAX));
        assert_eq!(swept.expect("an archive").in_use, 1);
        drop(reading);
        let seen = reader.join().expect("a thread").expect("a call");
        assert_eq!(seen, (1, amount(20)));
    });
    assert_eq!(pool.sweep(Duration::MAX).migrated, 1);
    assert_eq!(read(&pool), (2, amount(20)));
}

#[test]
fn a_state_that_does_not_fit_stays_as_its_readers_see_it() {
    for (variant, path, reason) in [
        ("narrow", "Shelves.by_number[", "does not fit"),
        ("refusing", "Shelves", "not like this"),
        ("panicking", "Shelves", "a shelf fell"),
    ] {
        let module = archives(BASE);
        let pool = pool(&module, "", 300);
        update(&module, variant);
        let held = module.memory();
        let swept = pool.sweep(Duration::MAX);
        assert_eq!((swept.stuck, swept.remaining), (1, 0), "{variant}");
        let stuck = pool.stuck();
        let (_, error) = &stuck[0];
        assert!(error.path.starts_with(path), "{variant}: {error}");
        assert!(error.reason.contains(reason), "{variant}: {error}");
        is_as_before(module.memory(), held);
        assert_eq!(read(&pool), (1, amount(300)));
        assert_eq!(add(&pool, "entry 300"), 301);
        assert_eq!(read(&pool), (1, amount(301)));
        let said = pool.with_shared(&1, |it| it.stuck().is_some());
        assert!(said.expect("an archive"), "{variant}");
    }
}

#[test]
fn what_was_prepared_for_a_version_that_is_gone_is_given_up() {
    let module = archives(BASE);
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 30);
    update(&module, "gated");
    thread::scope(|scope| {
        let caller = scope.spawn(|| add(&pool, "entry 30"));
        let waiting = gate.wait();
        module.rollback().expect("a way back");
        update(&module, "wide");
        update(&module, "wider");
        assert_eq!(read(&pool), (1, amount(30)));
        drop(waiting);
        assert_eq!(caller.join().expect("a thread"), 31);
    });
    assert!(!gate.let_on());
    assert_eq!(read(&pool), (3, amount(31)));
    assert_eq!(pool.counts().len(), 1);
}

#[test]
fn an_update_that_leads_on_finds_the_state_a_step_further() {
    let module = archives(BASE);
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 30);
    update(&module, "gated");
    thread::scope(|scope| {
        let sweeping = scope.spawn(|| pool.sweep(Duration::MAX));
        let waiting = gate.wait();
        update(&module, "wider");
        drop(waiting);
        let swept = sweeping.join().expect("a thread");
        assert_eq!((swept.migrated, swept.remaining), (1, 0));
    });
    assert_eq!(read(&pool), (3, amount(30)));
}

#[test]
fn an_instance_is_removed_once_it_was_taken_along() {
    let module = archives(BASE);
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 10);
    update(&module, "gated");
    thread::scope(|scope| {
        let sweeping = scope.spawn(|| pool.sweep(Duration::MAX));
        let waiting = gate.wait();
        let removing = scope.spawn(|| pool.remove(&1));
        assert_eq!(read(&pool), (1, amount(10)));
        drop(waiting);
        let removed = removing.join().expect("a thread").expect("an archive");
        assert_eq!(removed.read().expect("a call"), (2, amount(10)));
        assert_eq!(sweeping.join().expect("a thread").migrated, 1);
    });
    assert!(pool.is_empty());
}

/// Of a state that is being prepared, nothing has changed.
#[test]
fn a_rehearsal_takes_along_a_state_that_is_being_prepared() {
    let module = archives(BASE);
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 10);
    update(&module, "gated");
    thread::scope(|scope| {
        let sweeping = scope.spawn(|| pool.sweep(Duration::MAX));
        let waiting = gate.wait();
        let rehearsing = scope.spawn(|| {
            let options = UpdateOptions::new().rehearse(RehearsalOptions::new());
            module.update_with(file("wider"), &options)
        });
        // The copy comes to the gate too.
        drop(gate.wait());
        let report = rehearsing.join().expect("a thread").expect("an update");
        let rehearsed = report.rehearsed.expect("a rehearsal");
        assert_eq!((rehearsed.migrated, rehearsed.in_use), (1, 0));
        drop(waiting);
        assert_eq!(sweeping.join().expect("a thread").migrated, 1);
    });
    assert_eq!(read(&pool), (3, amount(10)));
}

#[test]
fn what_is_left_is_taken_apart_while_the_new_state_is_used() {
    let host = host();
    let module = load(&host, "leaving");
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 3);
    update(&module, "left");
    let needed = |number: usize| module.versions()[number].needed.clone();
    module.make_permanent();
    let events = host.events();
    thread::scope(|scope| {
        let sweeping = scope.spawn(|| pool.sweep(Duration::MAX));
        let waiting = gate.wait();
        assert_eq!(read(&pool), (2, amount(3)));
        // The sweep has let go of it.
        assert_eq!(add(&pool, "entry 3"), 4);
        // What is taken apart there is of the older version still.
        assert!(
            needed(0).contains(&NeededFor::Instances(1)),
            "{:?}",
            needed(0)
        );
        assert!(!module.versions()[0].is_retired);
        drop(waiting);
        assert_eq!(sweeping.join().expect("a thread").migrated, 1);
    });
    assert_eq!(read(&pool), (2, amount(4)));
    until(|| module.versions()[0].is_retired);
    let fell = |event: &Event| event.state == UpdateState::DropPanicked;
    let told = std::iter::from_fn(|| events.wait_timeout(Duration::ZERO));
    assert_eq!(told.filter(fell).count(), 1);
}

#[test]
fn a_call_has_let_go_of_the_instance_before_it_takes_apart_what_is_left() {
    let module = archives("leaving");
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 2);
    update(&module, "left");
    thread::scope(|scope| {
        let caller = scope.spawn(|| add(&pool, "entry 2"));
        let waiting = gate.wait();
        assert_eq!(read(&pool), (2, amount(3)));
        assert_eq!(add(&pool, "entry 3"), 4);
        assert!(!caller.is_finished());
        drop(waiting);
        assert_eq!(caller.join().expect("a thread"), 3);
    });
    assert_eq!(read(&pool), (2, amount(4)));
}

#[test]
fn a_call_leaves_what_is_left_to_the_sweeper() {
    let module = archives("leaving");
    let gate = Gate::new();
    let pool: Pool<u64, dyn Archive> = Pool::builder(&module)
        .sweep_every(Duration::from_millis(100), Duration::from_millis(1))
        .build()
        .expect("a pool");
    let created = pool.create(1, &format!("{}#2", gate.path()));
    created.unwrap_or_else(|error| panic!("{error}"));
    thread::scope(|scope| {
        let caller = pool.with(&1, |_| {
            // The sweeper finds it in use.
            update(&module, "left");
            scope.spawn(|| add(&pool, "entry 2"))
        });
        let caller = caller.expect("an archive");
        let waiting = gate.wait();
        // It is not the caller that waits there.
        until(|| caller.is_finished());
        assert_eq!(caller.join().expect("a thread"), 3);
        assert_eq!(read(&pool), (2, amount(3)));
        assert_eq!(add(&pool, "entry 3"), 4);
        drop(waiting);
    });
    assert_eq!(read(&pool), (2, amount(4)));
}

/// Readers on several threads, who never see anything but a whole state, while versions come and go.
#[test]
fn readers_see_whole_states_while_versions_come_and_go() {
    let module = archives(BASE);
    let tick = Duration::from_millis(1);
    let builder = Pool::builder(&module).sweep_every(tick, Duration::ZERO);
    let pool: Pool<u64, dyn Archive> = builder.build().expect("a pool");
    pool.create(1, "#200").expect("an archive");
    let over = AtomicBool::new(false);
    let entries = std::sync::atomic::AtomicU64::new(200);
    thread::scope(|scope| {
        let _ended = Ended(&over);
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // An entry is counted before and after it is there.
                    let least = entries.load(Ordering::SeqCst);
                    let (_, found) = read(&pool);
                    let most = entries.load(Ordering::SeqCst) + 1;
                    assert!(
                        (least..=most).any(|it| amount(it) == found),
                        "{least}..{most}"
                    );
                }
            });
        }
        for round in 0..20 {
            let variant = ["wide", "wider", "gated", BASE][round % 4];
            update(&module, variant);
            if round % 3 == 0 {
                let text = format!("entry {}", entries.load(Ordering::SeqCst));
                entries.store(add(&pool, &text), Ordering::SeqCst);
            }
            if round % 2 == 0 {
                let version = module.version();
                until_equal(|| pool.counts(), &[(version.to_owned(), 1)].into());
            }
        }
    });
    assert_eq!(pool.settle_timeout(PATIENCE).remaining, 0);
    assert_eq!(read(&pool), (1, amount(207)));
}

#[test]
fn a_thread_that_is_in_the_midst_of_it_uses_the_instance_exclusively() {
    let module = archives(BASE);
    let pool = pool(&module, "", 5);
    let seen = pool.with(&1, |_| {
        let nested = pool.with_shared(&1, |_| ());
        matches!(nested, Err(PoolError::InUseByThisThread { .. }))
    });
    assert!(seen.expect("an archive"));
}

/// Settles a pool with an archive of so many entries, which others read, and says what they amount to then.
fn settled_under_readers(variants: &[(&str, usize)]) -> (u32, u64) {
    let module = threaded(3);
    let pool = pool(&module, "", 20_000);
    let expected = amount(20_000);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(read(&pool).1, expected);
            }
        });
        let ended = Ended(&over);
        for &(variant, migrated) in variants {
            update(&module, variant);
            let held = module.memory();
            let swept = pool.settle();
            assert_eq!(
                (swept.migrated, swept.stuck),
                (migrated, 1 - migrated),
                "{variant}"
            );
            if migrated == 0 {
                is_as_before(module.memory(), held);
            }
        }
        drop(ended);
        reader.join().expect("a thread");
    });
    read(&pool)
}

/// Maps, sets and deques so large that several threads convert what they hold.
#[test]
fn many_threads_convert_what_others_read() {
    let seen = settled_under_readers(&[("wide", 1), (BASE, 1), ("wider", 1)]);
    assert_eq!(seen, (3, amount(20_000)));
    for unfit in ["narrow", "unhashed"] {
        let seen = settled_under_readers(&[(unfit, 0)]);
        assert_eq!(seen, (1, amount(20_000)), "{unfit}");
    }
}
