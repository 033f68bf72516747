//! Updates that take instances along before they return.

use hotmod_host::{
    CallLimits, Event, OnDeadline, RollbackOptions, SettleReport, SharedInstance, UpdateOptions,
    UpdateOutcome, UpdateState,
};
use hotmod_tests::patience::{until_state, until_told};

use super::*;

fn within(time: Duration) -> UpdateOptions {
    UpdateOptions::new().settle(time)
}

/// An update that settles for so long.
fn settled(module: &Module<dyn Room>, variant: &str, time: Duration) -> SettleReport {
    let update = module.update_with(file(variant), &within(time));
    let report = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    report.settled.expect("what it came to")
}

/// A pool of so many rooms.
fn pool_of(module: &Module<dyn Room>, count: u64) -> Pool<u64, dyn Room> {
    let pool = module.pool();
    (0..count).for_each(|key| create(&pool, key, ""));
    pool
}

fn host() -> Host {
    let host = Host::builder().allow_downgrade(true).build();
    host.expect("a host")
}

#[test]
fn pools_and_shared_instances_are_there_when_the_update_returns() {
    let host = host();
    let events = host.events();
    let module = host.load::<dyn Room>(file(BASE)).expect("a module");
    let (large, small) = (pool_of(&module, 3000), pool_of(&module, 2));
    let lobby = module.create_shared("").expect("a room");
    let mut alone = module.create("").expect("a room");

    let update = module.update_with(file("wide"), &within(PATIENCE));
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    let report = update.settled.clone().expect("what it came to");
    assert!(report.is_settled(), "{report}");
    assert_eq!((report.migrated, report.outside), (3003, 1));
    assert_eq!(large.counts(), counts([("2.0.0", 3000)]));
    assert_eq!(small.counts(), counts([("2.0.0", 2)]));
    assert_eq!(lobby.version(), "2.0.0");
    assert_eq!(alone.version(), "1.0.0");
    let text = update.to_string();
    assert!(
        text.contains("\n  settled: 3003 instances migrated in "),
        "{text}"
    );
    assert!(
        text.contains("; 1 outside of pools follow when they are called exclusively"),
        "{text}"
    );
    let passed = until_state(&events, UpdateState::Settled);
    let told = passed.last().expect("an event");
    assert_eq!(told.reason.as_deref(), Some(report.to_string().as_str()));
    assert!(
        passed
            .iter()
            .any(|event| event.state == UpdateState::Published)
    );
    assert_eq!(alone.enter().expect("a call"), 1);

    // Back, and nothing is left to do after that.
    let options = RollbackOptions::new().settle(PATIENCE);
    let rollback = module.rollback_with(&options).expect("a way back");
    assert!(
        rollback.to_string().contains("\n  settled: 3003 instances"),
        "{rollback}"
    );
    let report = rollback.settled.expect("what it came to");
    assert_eq!((report.migrated, report.outside), (3003, 1));
    assert_eq!(module.settle().migrated, 0);
    assert!(module.rollback_report().is_err());
    // What is not asked for is not done.
    update_without(&module);
    assert_eq!(small.counts(), counts([("1.0.0", 2)]));
    // The file that runs is published by no one, and its instances are taken there all the same.
    let again = module
        .update_with(file("wide"), &within(PATIENCE))
        .expect("the same file");
    assert_eq!(again.outcome, UpdateOutcome::Unchanged);
    assert_eq!(again.settled.map(|it| it.migrated), Some(3003));
}

fn update_without(module: &Module<dyn Room>) {
    let update = module.update(file("wide"));
    assert_eq!(update.expect("an update").settled, None);
}

#[test]
fn transactions_and_requests_settle_too() {
    let host = host();
    let module = host.load::<dyn Room>(file(BASE)).expect("a module");
    let pool = pool_of(&module, 4);
    let files = [(&module, file("wide"))];
    let reports = host
        .update_all(files, &within(PATIENCE))
        .expect("an update");
    assert_eq!(reports[0].settled.as_ref().map(|it| it.migrated), Some(4));
    let request = module.request_update_with(file(BASE), &within(PATIENCE));
    let report = request.wait().expect("an update");
    assert_eq!(report.settled.map(|it| it.migrated), Some(4));
    assert_eq!(pool.counts(), counts([("1.0.0", 4)]));
}

#[test]
fn what_does_not_fit_is_counted_and_says_why() {
    let module = rooms();
    let pool: Pool<u64, dyn Room> = module.pool();
    for key in 0..50 {
        create(&pool, key, &format!("#{}", 10 * key));
    }
    let report = settled(&module, "narrow", PATIENCE);
    assert!(!report.is_settled());
    assert_eq!(
        (report.migrated, report.stuck, report.remaining),
        (26, 24, 0)
    );
    assert_eq!(report.reasons.len(), 20);
    assert!(report.reasons.iter().all(|it| it.path == "Hall.visits"));
    assert!(report.to_string().contains("    stuck: "), "{report}");
    // One that a call has found to be stuck is told like any other.
    let again = module.settle_timeout(PATIENCE);
    assert_eq!((again.migrated, again.stuck), (0, 24));
}

#[test]
fn a_long_call_is_waited_for_and_named_and_holds_up_no_other() {
    let module = rooms();
    let (first, second) = (pool_of(&module, 3), pool_of(&module, 3));
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = || first.call(&1, |room| room.stay(&gate.path()));
        let named = thread::Builder::new().name("dancer".to_owned());
        let stay = named.spawn_scoped(scope, stay).expect("a thread");
        let waiting = gate.wait();
        let time = Duration::from_millis(20);
        let report = settled(&module, "wide", time);
        assert!(
            report.remaining > 0 && report.took >= time,
            "it did not wait"
        );
        // However little it came to in that time, all others can be taken along.
        until(|| module.settle_timeout(time).remaining == 1);
        let report = module.settle_timeout(time);
        assert_eq!(report.in_use, 1);
        let straggler = report.stragglers.first().expect("a call");
        assert_eq!(
            (&*straggler.thread, &*straggler.export, &*straggler.version),
            ("dancer", "Room::stay", "1.0.0")
        );
        assert!(
            report
                .to_string()
                .contains("in use: dancer: `Room::stay` of version 1.0.0 runs for "),
            "{report}"
        );
        let settling = scope.spawn(|| module.settle_timeout(PATIENCE));
        drop(waiting);
        let report = settling.join().expect("a thread");
        assert!(report.is_settled(), "{report}");
        // It was taken along by this, or was found there.
        assert_eq!(stay.join().expect("a thread"), Ok(1));
    });
    assert_eq!(first.counts(), counts([("2.0.0", 3)]));
    assert_eq!(second.counts(), counts([("2.0.0", 3)]));
}

#[test]
fn what_the_updating_thread_uses_is_not_waited_for() {
    let module = rooms();
    let pool = pool_of(&module, 2);
    let lobby = module.create_shared("").expect("a room");
    let report = pool.with(&1, |_| {
        lobby
            .with(|_| settled(&module, "wide", Duration::MAX))
            .expect("a room")
    });
    let report = report.expect("a room");
    assert_eq!(
        (report.migrated, report.remaining, report.in_use),
        (1, 2, 2)
    );
    let this = thread::current();
    let this = this.name().expect("the name of a test");
    for straggler in &report.stragglers {
        assert_eq!(
            (&*straggler.thread, &*straggler.export, &*straggler.version),
            (this, "what a closure does with an instance", "1.0.0")
        );
    }
    assert_eq!(report.stragglers.len(), 2);
    assert_eq!(module.settle().migrated, 2);
}

/// Settles while a call is at the gate, has `meanwhile` done once the version is published, and lets the call go.
fn while_it_settles(options: &UpdateOptions, meanwhile: impl FnOnce(&Module<dyn Room>)) {
    let module = rooms();
    let lobby: SharedInstance<dyn Room> = module.create_shared("").expect("a room");
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = scope.spawn(|| lobby.call(|room| room.stay(&gate.path())));
        let waiting = gate.wait();
        let updating = scope.spawn(|| module.update_with(file("wide"), options));
        until(|| module.version() == "2.0.0" || updating.is_finished());
        meanwhile(&module);
        // It ended although the call runs.
        let report = updating.join().expect("a thread").expect("an update");
        let report = report.settled.expect("what it came to");
        assert_eq!(report.overtaken_by.as_deref(), Some("1.0.0"));
        assert!(!report.is_settled());
        assert!(
            report
                .to_string()
                .contains("it ended when 1.0.0 was published"),
            "{report}"
        );
        drop(waiting);
        assert_eq!(stay.join().expect("a thread"), Ok(1));
    });
    assert_eq!(
        (module.version(), lobby.version().as_str()),
        ("1.0.0", "1.0.0")
    );
}

#[test]
fn another_update_waits_for_no_settling_and_ends_it() {
    // It may come before the settling begins.
    for _ in 0..20 {
        while_it_settles(&within(Duration::MAX), |module| update(module, BASE));
    }
}

#[test]
fn a_rollback_at_the_deadline_ends_it() {
    let options = within(Duration::MAX);
    let options = options.drain_timeout(Duration::from_millis(1), OnDeadline::RollBack);
    while_it_settles(&options, |module| until(|| module.version() == "1.0.0"));
}

#[test]
fn readers_go_on_while_a_long_read_is_waited_for() {
    let module = rooms();
    let lobby = module.create_shared("#4").expect("a room");
    let gate = Gate::new();
    thread::scope(|scope| {
        let look = scope.spawn(|| lobby.call_shared(|room| room.look(&gate.path())));
        let waiting = gate.wait();
        let settling = scope.spawn(|| settled(&module, "wide", PATIENCE));
        until(|| module.version() == "2.0.0");
        for _ in 0..20 {
            assert_eq!(lobby.call_shared(|room| room.visits()), Ok(4));
        }
        assert!(
            !settling.is_finished(),
            "the readers waited for the settling"
        );
        drop(waiting);
        assert_eq!(look.join().expect("a thread"), Ok(4));
        let report = settling.join().expect("a thread");
        assert!(report.is_settled() && report.migrated == 1, "{report}");
    });
}

/// No call takes them back: every instance that an update settled follows by itself what undoes the update.
#[test]
fn an_update_that_its_probation_undoes_has_its_instances_taken_back() {
    let host = host();
    let events = host.events();
    let module = host.load::<dyn Room>(file(BASE)).expect("a module");
    let pool = pool_of(&module, 5);
    let options = within(PATIENCE).probation(PATIENCE, CallLimits::new().panics(0.0));
    let update = module.update_with(file("wide"), &options);
    let settled = update.expect("an update").settled;
    assert_eq!(settled.map(|it| it.migrated), Some(5));
    let fallen = pool.call(&3, |room| room.fall());
    assert!(
        matches!(fallen, Err(PoolError::Call(CallError::Panicked(_)))),
        "{fallen:?}"
    );
    until_equal(|| pool.counts(), &counts([("1.0.0", 5)]));
    let is_of_rollback =
        |event: &Event| event.state == UpdateState::Settled && event.to.as_deref() == Some("1.0.0");
    let told = until_told(&events, "settled again", is_of_rollback);
    let told = told.last().and_then(|event| event.reason.clone());
    let told = told.expect("what it came to");
    assert!(told.starts_with("5 instances migrated in "), "{told}");
}

#[test]
fn an_update_that_its_deadline_undoes_has_its_instances_taken_back() {
    let module = rooms();
    let pool = pool_of(&module, 5);
    let lobby: SharedInstance<dyn Room> = module.create_shared("").expect("a room");
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = scope.spawn(|| lobby.call(|room| room.stay(&gate.path())));
        let waiting = gate.wait();
        let time = Duration::from_millis(100);
        let options = within(PATIENCE).drain_timeout(time, OnDeadline::RollBack);
        let report = module.update_with(file("wide"), &options);
        let settled = report.expect("an update").settled;
        let settled = settled.expect("what it came to");
        assert_eq!(settled.overtaken_by.as_deref(), Some("1.0.0"), "{settled}");
        until_equal(|| pool.counts(), &counts([("1.0.0", 5)]));
        drop(waiting);
        assert_eq!(stay.join().expect("a thread"), Ok(1));
    });
}
