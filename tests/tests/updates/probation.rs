//! Updates that are rolled back by what their calls come to, and those that are not.

use hotmod_host::{CallLimits, Event, Module};
use hotmod_tests::ledger::{create, roll_back, update};

use super::*;

const LONG: Duration = Duration::from_secs(3600);

fn attempt(module: &Module<dyn Ledger>, how: &str) {
    let attempt = module.function::<fn(&str) -> Result<u32, String>>("attempt");
    // How the call ends is what the probation is about.
    let _ = attempt.expect("the export").call(how);
}

fn on_probation(limits: CallLimits) -> (Module<dyn Ledger>, Events) {
    let host = host();
    let module = load(&host, BASE);
    let events = host.events();
    let options = UpdateOptions::new().probation(LONG, limits);
    update_with(&module, "grown", &options);
    (module, events)
}

/// Checks that the update is rolled back, for this reason.
fn ends(module: &Module<dyn Ledger>, events: &Events, reason: &str) {
    let told = until_state(events, UpdateState::RolledBack);
    let last = told.last().expect("an event");
    assert_eq!(last.reason.as_deref(), Some(reason));
    assert_eq!((&*last.from, last.to.as_deref()), ("1.0.0", Some("2.0.0")));
    assert_eq!(module.version(), "1.0.0");
    assert_eq!(code(module), 1);
    assert!(module.rollback().is_err(), "it was gone back from");
    // The older version is not on probation.
    attempt(module, "panic");
    assert_eq!(module.version(), "1.0.0");
}

#[test]
fn a_panic_ends_it() {
    let (module, events) = on_probation(CallLimits::new().panics(0.0));
    attempt(&module, "");
    attempt(&module, "fail");
    attempt(&module, "panic");
    let reason = "1 of 3 calls panicked; the limit is a share of 0";
    ends(&module, &events, reason);
}

#[test]
fn a_method_that_panics_ends_it_and_its_state_goes_back() {
    let host = host();
    let module = load(&host, BASE);
    let events = host.events();
    let mut ledger = create(&module);
    ledger.book(3).expect("a call");
    let options = UpdateOptions::new().probation(LONG, CallLimits::new().panics(0.0));
    update_with(&module, "grown", &options);
    assert_eq!(ledger.book(4).expect("a call").code, 3);
    ledger.attempt("panic").expect_err("a panic");
    until_state(&events, UpdateState::RolledBack);
    let sum = ledger.book(5).expect("a call");
    assert_eq!((sum.code, sum.total, sum.in_order), (1, 12, true));
}

/// Calls are in the version that the probation ends. Those that stay there for longer than the update
/// gives its own calls are told of.
#[test]
fn the_version_that_it_ends_is_drained() {
    let host = host();
    let module = load(&host, BASE);
    let events = host.events();
    let options = UpdateOptions::new()
        .drain_timeout(Duration::ZERO, OnDeadline::Converge)
        .probation(LONG, CallLimits::new().panics(0.0));
    update_with(&module, "grown", &options);
    let late = waits("late", &module);
    attempt(&module, "panic");
    let told = until_state(&events, UpdateState::RolledBack);
    assert_eq!(told.last().expect("an event").update, 1);
    let overdue = |event: &Event| event.state == UpdateState::Draining && event.reason.is_some();
    let told = until_told(&events, "calls that are overdue", overdue);
    let last = told.last().expect("an event");
    let versions = (&*last.from, last.to.as_deref());
    assert_eq!((last.update, versions), (2, ("2.0.0", Some("1.0.0"))));
    let reason = last.reason.as_deref().expect("a reason");
    assert!(
        reason.contains("late: `wait` of version 2.0.0 runs for "),
        "{reason}"
    );
    assert_eq!(module.drain_timeout(Duration::ZERO).len(), 1);
    assert_eq!(late.let_on(), 3);
    let told = until_state(&events, UpdateState::Drained);
    assert_eq!(told.last().expect("an event").update, 2);
}

#[test]
fn errors_end_it_when_there_are_enough_calls() {
    let (module, events) = on_probation(CallLimits::new().errors(0.5).least(4));
    for how in ["fail", "fail", "panic"] {
        attempt(&module, how);
    }
    assert_eq!(module.version(), "2.0.0", "three calls say nothing");
    attempt(&module, "fail");
    let reason = "4 of 4 calls failed; the limit is a share of 0.5";
    ends(&module, &events, reason);
}

#[test]
fn calls_that_take_too_long_end_it() {
    let limits = CallLimits::new().slower_than(Duration::ZERO, 0.9);
    let (module, events) = on_probation(limits);
    attempt(&module, "");
    let reason = "1 of 1 calls took longer than 0ns; the limit is a share of 0.9";
    ends(&module, &events, reason);
}

#[test]
fn it_ends_by_itself_and_leaves_the_update() {
    let host = host();
    let module = load(&host, BASE);
    let mut clock = Clock::of(&host);
    let time = Duration::from_millis(10);
    let options = UpdateOptions::new().probation(time, CallLimits::new().panics(0.0));
    update_with(&module, "second", &options);
    attempt(&module, "");
    clock.pass(2 * time);
    attempt(&module, "panic");
    clock.pass(Duration::ZERO);
    assert_eq!(module.version(), "1.1.0");
    assert_eq!(roll_back(&module).to, "1.0.0");
}

/// A limit with a least number of calls, which is reached by calls that keep the limit.
#[test]
fn it_is_judged_at_its_end_as_well() {
    let host = host();
    let module = load(&host, BASE);
    let events = host.events();
    let limits = CallLimits::new().errors(0.1).least(8);
    // Long enough for eight calls on any machine; shorter would pass as well, without judging.
    let options = UpdateOptions::new().probation(Duration::from_millis(500), limits);
    update_with(&module, "second", &options);
    attempt(&module, "fail");
    (0..7).for_each(|_| attempt(&module, ""));
    let told = until_state(&events, UpdateState::RolledBack);
    let reason = told.last().and_then(|event| event.reason.as_deref());
    let expected = "1 of 8 calls failed; the limit is a share of 0.1";
    assert_eq!(reason, Some(expected));
    assert_eq!(module.version(), "1.0.0");
}

/// A probation is over with its update, also where the same version comes back.
#[test]
fn it_concerns_its_own_update() {
    let host = host();
    let module = load(&host, BASE);
    let mut clock = Clock::of(&host);
    let options = UpdateOptions::new().probation(LONG, CallLimits::new().panics(0.0));
    update_with(&module, "second", &options);
    update(&module, BASE);
    attempt(&module, "panic");
    update(&module, "second");
    attempt(&module, "panic");
    clock.pass(Duration::ZERO);
    assert_eq!(module.version(), "1.1.0");
}

#[test]
fn it_cannot_undo_what_was_made_permanent() {
    let (module, events) = on_probation(CallLimits::new().panics(0.0));
    module.make_permanent();
    attempt(&module, "panic");
    let told = until_state(&events, UpdateState::Refused);
    let reason = told.last().and_then(|event| event.reason.as_deref());
    let reason = reason.expect("a reason");
    assert!(
        reason.starts_with("1 of 1 calls panicked"),
        "the limit: {reason}"
    );
    assert!(reason.contains("made permanent"), "{reason}");
    assert_eq!(module.version(), "2.0.0");
}

/// A module whose turn is taken waits for it, and the host looks after the others.
#[test]
fn it_ends_in_one_module_while_another_is_updated() {
    let host = host();
    let (ledger, annex) = (load(&host, BASE), load(&host, "annex"));
    let events = host.events();
    let options = UpdateOptions::new().probation(LONG, CallLimits::new().panics(0.0));
    update_with(&ledger, "second", &options);
    update_with(&annex, "annex-second", &options);
    // A function that the host asks for the first time would wait for the update.
    attempt(&ledger, "");
    let held = Held::new(&ledger, "shrunk");
    attempt(&ledger, "panic");
    attempt(&annex, "panic");
    let told = until_state(&events, UpdateState::RolledBack);
    assert_eq!(told.last().expect("an event").module, "annex");
    assert_eq!((ledger.version(), annex.version()), ("1.1.0", "1.0.0"));
    held.let_on().expect_err("a refusal");
    let told = until_state(&events, UpdateState::RolledBack);
    assert_eq!(told.last().expect("an event").module, "ledger");
    assert_eq!(ledger.version(), "1.0.0");
}
