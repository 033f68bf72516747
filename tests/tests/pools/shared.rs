//! One instance that several threads use.

use hotmod_host::{CanaryOptions, RehearsalOptions, SharedInstance};

use super::*;

const THREADS: u64 = 4;
const CALLS: u64 = 2000;

fn shared(module: &Module<dyn Room>, config: &str) -> SharedInstance<dyn Room> {
    let created = module.create_shared(config);
    created.unwrap_or_else(|error| panic!("{error}"))
}

fn entered(room: &SharedInstance<dyn Room>) -> u64 {
    let entered = room.call(|room| room.enter());
    entered.unwrap_or_else(|error| panic!("{error}"))
}

fn code(room: &SharedInstance<dyn Room>) -> u32 {
    let code = room.call_shared(|room| room.code());
    code.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn clones_stand_for_one_instance_that_follows_updates() {
    let module = rooms();
    let room = shared(&module, "");
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let room = room.clone();
            scope.spawn(move || {
                for _ in 0..CALLS {
                    entered(&room);
                }
            });
        }
        for variant in ["wide", BASE, "wide"] {
            update(&module, variant);
        }
    });
    assert_eq!(entered(&room), THREADS * CALLS + 1);
    assert_eq!((room.version().as_str(), code(&room)), ("2.0.0", 2));
    assert_eq!((room.name(), room.stuck()), (None, None));

    // By shared use it stays where it is, until it is used exclusively or settled.
    update(&module, BASE);
    assert_eq!((code(&room), room.version().as_str()), (2, "2.0.0"));
    assert_eq!(room.with(|_| ()), Ok(()));
    assert_eq!((code(&room), room.version().as_str()), (1, "1.0.0"));
    module.rollback().expect("a way back");
    let settled = room.settle();
    assert_eq!((settled.migrated, settled.remaining), (1, 0));
    assert_eq!(code(&room), 2);
}

#[test]
fn the_last_handle_drops_the_instance() {
    let module = rooms();
    let before = module.memory();
    let (tick, budget) = (Duration::from_millis(1), Duration::from_millis(1));
    let plain = || SharedInstance::builder(&module);
    for builder in [plain(), plain().sweep_every(tick, budget)] {
        let room = builder.create("a text on the heap#1").expect("a room");
        let other = room.clone();
        drop(room);
        assert!(module.memory() > before);
        assert_eq!(entered(&other), 2);
        drop(other);
        assert_eq!(module.memory(), before);
    }
    let failed = module.create_shared("refuse").expect_err("a refusal");
    assert!(failed.to_string().contains("there is no room"), "{failed}");
    let failed = SharedInstance::builder(&module).create("#many");
    assert!(matches!(failed, Err(PoolError::Create(_))), "{failed:?}");
    assert_eq!(module.memory(), before);
}

#[test]
fn the_only_handle_gives_the_instance_back() {
    let module = rooms();
    let before = held(&module, "wide");
    let room = SharedInstance::builder(&module)
        .name("lobby")
        .sweep_every(Duration::from_millis(1), Duration::from_millis(1))
        .create("a text on the heap#1")
        .expect("a room");
    let other = room.clone();
    let room = room.try_into_instance().expect_err("two handles");
    assert_eq!(entered(&room), 2);
    drop(other);
    let mut alone = room.try_into_instance().expect("the instance");
    assert_eq!(alone.enter(), Ok(3));
    // It is in no pool any more: its owner takes it along, and its name is free.
    update(&module, "wide");
    let settled = module.settle();
    assert_eq!((settled.migrated, settled.outside), (0, 1));
    assert_eq!(alone.enter(), Ok(4));
    assert_eq!(alone.version(), "2.0.0");
    let again = SharedInstance::builder(&module).name("lobby").create("");
    let again = again.expect("a free name");
    drop(again);
    let room = alone.share();
    assert_eq!((entered(&room), code(&room)), (5, 2));
    drop(room);
    update(&module, BASE);
    assert_eq!(module.memory(), before);
}

#[test]
fn a_thread_that_has_it_is_told_so_and_a_panic_leaves_it_in_use() {
    let module = rooms();
    let room = shared(&module, "");
    let refused = |done: Result<(), PoolError>| {
        let Err(error @ PoolError::InUseByThisThread { .. }) = done else {
            panic!("{done:?}");
        };
        assert!(
            error.to_string().starts_with(
                "this thread uses this instance of `rooms` already, and would wait for itself"
            ),
            "{error}"
        );
    };
    let used = room.with(|_| {
        refused(room.with(|_| ()));
        refused(room.with_shared(|_| ()));
        // It is counted as in use, and not waited for.
        update(&module, "wide");
        let settled = room.settle();
        assert_eq!((settled.in_use, settled.remaining), (1, 1));
    });
    used.expect("a room");
    room.with_shared(|_| refused(room.with(|_| ())))
        .expect("a room");

    let told = room.call(|room| room.fall()).expect_err("a panic");
    assert!(
        matches!(told, PoolError::Call(CallError::Panicked(_))),
        "{told}"
    );
    let panicked = catch_unwind(AssertUnwindSafe(|| room.with(|_| panic!("in the host"))));
    assert!(panicked.is_err());
    assert_eq!(entered(&room), 2);
}

#[test]
fn a_state_that_does_not_fit_stays_and_says_why() {
    let module = rooms();
    let room = module.create("#300").expect("a room").share();
    update(&module, "narrow");
    assert_eq!(room.stuck(), None);
    assert_eq!(room.sweep(Duration::MAX).stuck, 1);
    let stuck = room.stuck().expect("a value that does not fit");
    assert_eq!(stuck.path, "Hall.visits");
    assert_eq!((room.version().as_str(), entered(&room)), ("1.0.0", 301));
    module.rollback().expect("a way back");
    assert_eq!((room.stuck(), entered(&room)), (None, 302));
}

#[test]
fn it_follows_in_the_background_once_it_is_let_go() {
    let module = rooms();
    let room = SharedInstance::builder(&module)
        .sweep_every(Duration::from_millis(1), Duration::from_millis(1))
        .create("")
        .expect("a room");
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = scope.spawn(|| room.call(|room| room.stay(&gate.path())));
        let waiting = gate.wait();
        update(&module, "wide");
        let straggler = module.stragglers().remove(0);
        assert_eq!(
            (&*straggler.export, &*straggler.version),
            ("Room::stay", "1.0.0")
        );
        assert_eq!(room.version(), "1.0.0");
        drop(waiting);
        assert_eq!(stay.join().expect("a thread"), Ok(1));
    });
    until_equal(|| room.version(), &"2.0.0".to_owned());
    assert!(module.drain_timeout(PATIENCE).is_empty());
}

#[test]
fn candidates_are_rehearsed_with_it_and_a_canary_leaves_it_out() {
    let module = rooms();
    let room = shared(&module, "#300");
    let rehearsal = RehearsalOptions::new();
    let rehearsed = module
        .rehearse(file("wide"), &rehearsal)
        .expect("a candidate");
    assert_eq!((rehearsed.migrated, rehearsed.in_use), (1, 0));
    let refusal = module.rehearse(file("narrow"), &rehearsal);
    assert!(
        refusal
            .expect_err("a refusal")
            .to_string()
            .contains("Hall.visits")
    );
    let candidate = module.candidate(file("narrow")).expect("a candidate");
    let unfit = room.with(|room| room.rehearse(&candidate)).expect("a room");
    assert!(unfit.is_err());
    drop(candidate);

    let pool: Pool<u64, dyn Room> = module.pool();
    create(&pool, 1, "");
    let canary = pool
        .canary(file("wide"), CanaryOptions::percent(100))
        .expect("a canary");
    assert_eq!(enter(&pool, 1), 1);
    assert_eq!((entered(&room), room.version().as_str()), (301, "1.0.0"));
    canary.promote().expect("a promotion");
    assert_eq!((entered(&room), room.version().as_str()), (302, "2.0.0"));
}
