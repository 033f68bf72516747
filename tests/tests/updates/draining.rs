//! The calls that an update leaves behind, and what becomes of them.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use hotmod_host::{Event, NeededFor, RollbackOptions, Straggler};
use hotmod_tests::ledger::{create, file, ledger, roll_back, states, update};

use super::*;

/// Thread, export and version of each, in the order of the threads' names.
fn who(module: &Module<dyn Ledger>) -> Vec<[String; 3]> {
    let mut stragglers = module.stragglers();
    stragglers.sort_by(|one, other| one.thread.cmp(&other.thread));
    let who = |Straggler {
                   thread,
                   export,
                   version,
                   ..
               }: Straggler| [thread, export, version];
    stragglers
        .into_iter()
        .map(|straggler| who(straggler.clone()))
        .collect()
}

#[test]
fn stragglers_are_named_with_thread_export_version_and_age() {
    let host = host();
    let events = host.events();
    let module = load(&host, BASE);
    let (reader, mut writer) = (create(&module), create(&module));
    let clerk = waits("clerk", &module);
    let reads = Inside::new("reader", move |gate| reader.look(gate).expect("a call"));
    assert_eq!(module.stragglers(), []);
    update(&module, "second");
    let published = Instant::now();
    let writes = Inside::new("writer", move |gate| writer.stay(gate).expect("a call"));
    let expected = [
        ["clerk", "wait", "1.0.0"],
        ["reader", "Ledger::look", "1.0.0"],
    ];
    assert_eq!(who(&module), expected);
    let ages = |module: &Module<dyn Ledger>| -> Vec<Duration> {
        let stragglers = module.stragglers().into_iter();
        stragglers.map(|straggler| straggler.age).collect()
    };
    let (since, ages_then) = (published.elapsed(), ages(&module));
    assert!(ages_then.iter().all(|age| *age >= since), "{ages_then:?}");
    assert!(
        ages(&module)
            .iter()
            .zip(&ages_then)
            .all(|(now, then)| now > then)
    );

    // The version before that one is left behind as well.
    update(&module, "grown");
    let all = [
        ["clerk", "wait", "1.0.0"],
        ["reader", "Ledger::look", "1.0.0"],
        ["writer", "Ledger::stay", "1.1.0"],
    ];
    assert_eq!(who(&module), all);
    assert_eq!((clerk.let_on(), reads.let_on(), writes.let_on()), (1, 1, 2));
    until_state(&events, UpdateState::Drained);
    until_state(&events, UpdateState::Drained);
    assert_eq!(module.stragglers(), []);
}

#[test]
fn an_update_stays_past_its_deadline_if_it_may() {
    let host = host();
    let events = host.events();
    let module = load(&host, BASE);
    let clerk = waits("clerk", &module);
    let options = UpdateOptions::new().drain_timeout(Duration::ZERO, OnDeadline::Converge);
    update_with(&module, "second", &options);
    until_state(&events, UpdateState::Draining);
    let told = until_state(&events, UpdateState::Draining);
    let reason = told[0].reason.as_deref().expect("a reason");
    assert!(
        reason.contains("\n  clerk: `wait` of version 1.0.0 runs for "),
        "{reason}"
    );
    assert_eq!(module.version(), "1.1.0");
    assert_eq!(clerk.let_on(), 1);
    until_state(&events, UpdateState::Drained);
}

#[test]
fn an_update_is_reversed_at_its_deadline_if_it_is_to_be() {
    for time in [Duration::ZERO, Duration::from_millis(5)] {
        let host = host();
        let events = host.events();
        let module = load(&host, BASE);
        let mut ledger = create(&module);
        let clerk = waits("clerk", &module);
        let options = UpdateOptions::new().drain_timeout(time, OnDeadline::RollBack);
        update_with(&module, "grown", &options);
        let told = until_state(&events, UpdateState::RolledBack);
        let reason = told.last().and_then(|event| event.reason.as_deref());
        assert!(reason.is_some_and(|reason| reason.contains("clerk: `wait`")));
        assert_eq!(module.version(), "1.0.0");
        assert_eq!(ledger.book(1).expect("a call").code, 1);
        assert!(clerk.is_inside());
        // No call is in the version that was left in turn.
        let told = until_state(&events, UpdateState::Drained);
        let last = told.last().expect("an event");
        assert_eq!((last.update, &*last.from), (2, "2.0.0"));
        assert_eq!(module.drain_timeout(Duration::ZERO), []);
        assert_eq!(clerk.let_on(), 1);
        assert!(module.rollback().is_err(), "it was gone back from");
    }
}

#[test]
fn an_update_that_drains_in_time_is_not_reversed() {
    let host = host();
    let events = host.events();
    let module = load(&host, BASE);
    let clerk = waits("clerk", &module);
    let options = UpdateOptions::new().drain_timeout(Duration::MAX, OnDeadline::RollBack);
    update_with(&module, "second", &options);
    assert_eq!(clerk.let_on(), 1);
    let told = until_state(&events, UpdateState::Drained);
    assert!(!states(&told).contains(&UpdateState::RolledBack));
    assert_eq!(module.version(), "1.1.0");
}

/// The deadline of an update that was rolled back by hand does not undo a later one to the same
/// version.
#[test]
fn a_deadline_concerns_its_own_update() {
    let host = host();
    let mut clock = Clock::of(&host);
    let module = load(&host, BASE);
    let clerk = waits("clerk", &module);
    let soon = Duration::from_millis(10);
    let options = UpdateOptions::new().drain_timeout(soon, OnDeadline::RollBack);
    update_with(&module, "second", &options);
    // Where the machine was slow, the deadline has passed already, and has done the same.
    if module.version() == "1.1.0" {
        let _ = module.rollback();
    }
    assert_eq!(module.version(), "1.0.0");
    update(&module, "second");
    clock.pass(4 * soon);
    assert_eq!(module.version(), "1.1.0");
    assert_eq!(clerk.let_on(), 1);
}

/// A thread that never comes back holds nothing up, and is followed once.
#[test]
fn a_thread_that_is_parked_for_ever_holds_up_nothing() {
    const ROUNDS: usize = 50;
    let host = host();
    let events = host.events();
    let module = load(&host, BASE);
    let parked = waits("parked", &module);
    let old = create(&module);
    let parked_in_instance = Inside::new("parked too", move |gate| old.look(gate).expect("a call"));
    let mut ledger = create(&module);
    for round in 1..=ROUNDS {
        update(&module, "second");
        let expected = [
            ["parked", "wait", "1.0.0"],
            ["parked too", "Ledger::look", "1.0.0"],
        ];
        assert_eq!(who(&module), expected);
        assert_eq!(ledger.book(1).expect("a call").code, 2);
        match round % 2 {
            0 => assert_eq!(update(&module, BASE).to, "1.0.0"),
            _ => assert_eq!(roll_back(&module).to, "1.0.0"),
        }
        assert!(module.stragglers().is_empty(), "their version is current");
        assert_eq!(ledger.book(1).expect("a call").code, 1);
    }
    let versions = module.versions();
    let current: Vec<bool> = versions.iter().map(|version| version.is_current).collect();
    assert_eq!(current, [true, false]);
    assert!(parked.is_inside() && parked_in_instance.is_inside());

    // Where their version came back, the calls in it were stragglers no more.
    let told: Vec<Event> = std::iter::from_fn(|| events.try_next()).collect();
    let count = |state| told.iter().filter(|event| event.state == state).count();
    let rollbacks = ROUNDS / 2;
    assert_eq!(count(UpdateState::Published), 2 * ROUNDS);
    assert_eq!(count(UpdateState::RolledBack), rollbacks);
    assert_eq!(count(UpdateState::Drained), 2 * ROUNDS - rollbacks);
    update(&module, "second");
    assert_eq!(module.drain_timeout(Duration::ZERO).len(), 2);
    parked.let_on();
    parked_in_instance.let_on();
    until_state(&events, UpdateState::Drained);
}

/// A thread that waits until a module is drained, however long.
struct Draining(mpsc::Receiver<Vec<Straggler>>);

impl Draining {
    /// Waits in a thread of its own. A straggler keeps it waiting.
    fn of(module: &Module<dyn Ledger>) -> Self {
        let (tell, told) = mpsc::channel();
        let module = module.clone();
        thread::spawn(move || tell.send(module.drain_timeout(Duration::MAX)));
        let early = told.recv_timeout(Duration::from_millis(20));
        assert!(early.is_err(), "it did not wait: {early:?}");
        Draining(told)
    }

    fn ends(self) {
        let left = self.0.recv_timeout(PATIENCE);
        assert_eq!(left.expect("an end of the waiting"), []);
    }
}

/// After an update and after a rollback.
#[test]
fn a_thread_that_waits_is_told_which_calls_are_left() {
    let module = ledger();
    assert_eq!(module.drain_timeout(Duration::MAX), [], "nothing was left");
    for version in ["1.0.0", "2.0.0"] {
        let clerk = waits("clerk", &module);
        match version {
            "1.0.0" => drop(update(&module, "grown")),
            _ => drop(roll_back(&module)),
        }
        let left = module.drain_timeout(Duration::from_millis(5));
        let [straggler] = &left[..] else {
            panic!("{left:#?}")
        };
        let (thread, export) = (&*straggler.thread, &*straggler.export);
        assert_eq!(
            (thread, export, &*straggler.version),
            ("clerk", "wait", version)
        );
        let waiting = Draining::of(&module);
        clerk.let_on();
        waiting.ends();
        assert_eq!(module.stragglers(), []);
    }
}

#[test]
fn a_rollback_is_drained_like_an_update() {
    let host = host();
    let module = load(&host, BASE);
    let mut instance = create(&module);
    update(&module, "grown");
    let clerk = waits("clerk", &module);
    let writes = Inside::new("writer", move |gate| instance.stay(gate).expect("a call"));
    let events = host.events();
    let options = RollbackOptions::new().drain_timeout(Duration::from_millis(5));
    let rollback = module.rollback_with(&options);
    rollback.unwrap_or_else(|refusal| panic!("{refusal}"));
    let expected = [
        ["clerk", "wait", "2.0.0"],
        ["writer", "Ledger::stay", "2.0.0"],
    ];
    assert_eq!(who(&module), expected);
    let overdue = |event: &Event| event.state == UpdateState::Draining && event.reason.is_some();
    let told = until_told(&events, "calls that are overdue", overdue);
    assert_eq!(
        states(&told)[3..],
        [
            UpdateState::Published,
            UpdateState::Draining,
            UpdateState::Draining
        ]
    );
    let reason = told.last().and_then(|event| event.reason.as_deref());
    let reason = reason.expect("a reason");
    for [thread, export, version] in expected {
        let line = format!("\n  {thread}: `{export}` of version {version} runs for ");
        assert!(reason.contains(&line), "{reason}");
    }
    // The rollback holds up no call, and stays.
    assert_eq!((code(&module), module.version()), (1, "1.0.0"));
    assert_eq!((clerk.let_on(), writes.let_on()), (3, 3));
    let told = until_state(&events, UpdateState::Drained);
    let last = told.last().expect("an event");
    let versions = (&*last.from, last.to.as_deref());
    assert_eq!((last.update, versions), (2, ("2.0.0", Some("1.0.0"))));
}

/// The calls of a version that came back are followed again when it is left again.
#[test]
fn no_call_is_left_behind_in_a_version_that_comes_back() {
    let host = host();
    let events = host.events();
    let module = load(&host, BASE);
    let clerk = waits("clerk", &module);
    for by_rollback in [true, false] {
        update(&module, "second");
        let told = until_state(&events, UpdateState::Draining);
        let number = told.last().expect("an event").update;
        let waiting = Draining::of(&module);
        let state = match by_rollback {
            true => {
                roll_back(&module);
                UpdateState::RolledBack
            }
            false => {
                update(&module, BASE);
                UpdateState::Drained
            }
        };
        let ended = |event: &Event| event.update == number && event.state == state;
        until_told(&events, state.as_str(), ended);
        waiting.ends();
    }
    update(&module, "second");
    assert_eq!(module.drain_timeout(Duration::ZERO).len(), 1);
    assert_eq!(clerk.let_on(), 1);
    assert_eq!(module.drain_timeout(PATIENCE), []);
}

/// A call that leads back into the module, through its host: each is in the version it began in.
#[test]
fn calls_inside_calls_are_told_apart() {
    let again = Arc::new(OnceLock::<Function<fn(&str) -> u32>>::new());
    let provided = again.clone();
    let host = builder().provide("again", move |gate: &str| -> u32 {
        let again = provided.get().expect("the function was asked for");
        again.call(gate).expect("a call")
    });
    let host = host.build().expect("a host");
    let module = load(&host, "nested");
    assert!(again.set(wait(&module)).is_ok());
    let nests = |name: &str| {
        let nest = module.function::<fn(&str) -> u32>("nest");
        let nest = nest.expect("the export");
        Inside::new(name, move |gate| nest.call(gate).expect("a call"))
    };
    let before = nests("before");
    update(&module, "nested-second");
    let after = nests("late");
    let mut stragglers = who(&module);
    stragglers.sort();
    let expected = [["before", "nest", "1.0.0"], ["before", "wait", "1.0.0"]];
    assert_eq!(stragglers, expected);
    roll_back(&module);
    let mut stragglers = who(&module);
    stragglers.sort();
    assert_eq!(
        stragglers,
        [["late", "nest", "1.1.0"], ["late", "wait", "1.1.0"]]
    );
    assert_eq!((before.let_on(), after.let_on()), (11, 22));
}

#[test]
fn a_version_is_retired_when_its_last_call_is_over() {
    let host = host();
    let mut clock = Clock::of(&host);
    let events = host.events();
    let module = load(&host, BASE);
    let clerk = waits("clerk", &module);
    update(&module, "second");
    assert_eq!(
        module.versions()[0].needed,
        [NeededFor::RollbackTarget, NeededFor::Running(1)]
    );
    module.make_permanent();
    // As long as the host may be looking for versions to retire.
    clock.pass(Duration::from_millis(100));
    let left = &module.versions()[0];
    assert_eq!(left.needed, [NeededFor::Running(1)]);
    assert!(!left.is_retired);

    assert_eq!(clerk.let_on(), 1);
    let is_retired =
        |event: &Event| event.module == "ledger" && event.state == UpdateState::Retired;
    until_told(&events, "retired", is_retired);
    let left = &module.versions()[0];
    assert!(left.is_retired && left.needed.is_empty(), "{left:?}");
}

/// What was loaded for a transaction that came to nothing is not needed.
#[test]
fn a_version_that_is_not_published_after_all_is_retired() {
    let host = host();
    let mut clock = Clock::of(&host);
    let (module, annex) = (load(&host, BASE), clock.module.clone());
    let files = [(&module, file("second")), (&annex, file("shrunk"))];
    let refusal = host.update_all(files, &UpdateOptions::new());
    refusal.expect_err("a file that is refused");
    // The modules are made ready in the order of their addresses, so the one may not have been.
    clock.pass(Duration::from_millis(100));
    assert_eq!(module.version(), "1.0.0");
    for version in &module.versions()[1..] {
        assert!(version.is_retired, "{version:?}");
    }
    update(&module, "second");
    assert_eq!(code(&module), 2);
    assert!(module.versions().iter().all(|it| !it.is_retired));
}
