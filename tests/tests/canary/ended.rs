//! How a canary ends.

use std::sync::mpsc;
use std::thread;

use hotmod_tests::gate::Gate;
use hotmod_tests::listener::listen;

use super::*;

#[test]
fn an_abort_takes_its_instances_back() {
    let (module, events, pool) = rooms(100);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    sweep(&pool);
    for key in 0..100 {
        let entered = pool.call(&key, |room| room.enter());
        assert_eq!(entered.expect("a call"), key + 1);
    }
    canary.abort().expect("an end");
    assert_eq!(pool.counts(), counts([("1.0.0", 50), ("2.0.0", 50)]));
    // One goes back by itself at its next use, the others by the sweep.
    assert_eq!(code(&pool, 1), 1);
    assert_eq!(pool.counts(), counts([("1.0.0", 51), ("2.0.0", 49)]));
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("1.0.0", 100)]));
    for key in 0..100 {
        assert_eq!(visits(&pool, key), key + 1);
    }
    let told = wait(&events, UpdateState::RolledBack).expect("a reason");
    match canary.state() {
        CanaryState::Aborted { reason, .. } => assert_eq!(reason, told),
        state => panic!("{state:?}"),
    }
    canary.abort().expect("nothing to do");
    refused(canary.promote(), Rule::TrialOver);
    assert_eq!(module.version(), "1.0.0");
}

#[test]
fn its_end_takes_all_instances_along_where_that_is_asked_for() {
    let (module, events, pool) = rooms(10);
    let lobby = module.create_shared("#7").expect("a room");
    let canary = canary(&pool, "wide", odd().settle(PATIENCE), CallLimits::new());
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("1.0.0", 5), ("2.0.0", 5)]));
    canary.abort().expect("an end");
    assert_eq!(pool.counts(), counts([("1.0.0", 10)]));
    let told = wait(&events, UpdateState::Settled).expect("what it came to");
    assert!(told.starts_with("5 instances migrated in "), "{told}");

    let canary = self::canary(&pool, "wide", odd().settle(PATIENCE), CallLimits::new());
    sweep(&pool);
    let report = canary.promote().expect("an end");
    // Those of the pool that were not there yet, and the shared one.
    let settled = report.settled.expect("what it came to");
    assert_eq!((settled.migrated, settled.remaining), (6, 0));
    assert_eq!(pool.counts(), counts([("2.0.0", 10)]));
    assert_eq!(lobby.version(), "2.0.0");
    wait(&events, UpdateState::Settled);
    module.rollback().expect("a way back");
    sweep(&pool);

    // Where it ends by itself there is no thread that waits: nothing but its end takes the instances along.
    let limits = CallLimits::new().panics(0.0);
    let canary = self::canary(&pool, "falls", odd().settle(PATIENCE), limits);
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("1.0.0", 5), ("2.0.0", 5)]));
    assert!(pool.call(&3, |room| room.enter()).is_err());
    assert!(matches!(canary.wait(), CanaryState::Aborted { .. }));
    until_equal(|| pool.counts(), &counts([("1.0.0", 10)]));

    let canary = self::canary(&pool, "wide", odd().settle(PATIENCE), CallLimits::new());
    assert_eq!(code(&pool, 1), 2);
    assert_eq!(
        canary.promote_after(Duration::ZERO).wait(),
        CanaryState::Promoted
    );
    until_equal(|| pool.counts(), &counts([("2.0.0", 10)]));
    until_equal(|| lobby.version(), &"2.0.0".to_owned());
}

#[test]
fn that_it_ended_is_told_before_its_version_may_be_retired() {
    let (module, events, pool) = rooms(0);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    let (see, seen) = mpsc::channel();
    let asked = module.clone();
    listen(
        move |told| {
            if told.fields.iter().any(|it| it == "state=rolled back") {
                let candidate = asked.versions().pop().expect("the candidate");
                see.send(candidate.needed).expect("the test waits");
            }
        },
        || canary.abort().expect("an end"),
    );
    assert_eq!(seen.try_recv(), Ok(vec![NeededFor::Candidate]));
    wait(&events, UpdateState::RolledBack);
    wait(&events, UpdateState::Retired);
}

#[test]
fn a_canary_ends_with_the_last_handle_to_it_unless_it_was_detached() {
    let (module, events, pool) = rooms(2);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    let clone = canary.clone();
    drop(canary);
    assert_eq!(clone.state(), CanaryState::Running);
    drop(clone);
    let told = wait(&events, UpdateState::RolledBack).expect("a reason");
    assert_eq!(told, "the canary was dropped");

    let canary = self::canary(&pool, "wide", odd(), CallLimits::new());
    canary.clone().detach();
    drop(canary);
    refused(module.update(file("third")), Rule::OnTrial);
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("1.0.0", 1), ("2.0.0", 1)]));
    drop(pool);
    module.update(file("third")).expect("an update");
}

#[test]
fn calls_that_are_in_the_candidate_when_it_is_aborted_are_followed() {
    let (module, events, pool) = rooms(2);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    let gate = Gate::new();
    thread::scope(|scope| {
        let stay = scope.spawn(|| pool.call(&1, |room| room.stay(&gate.path())));
        let waiting = gate.wait();
        assert_eq!(module.drain_timeout(Duration::ZERO), [], "it is on trial");
        canary.abort().expect("an end");
        let told = until_state(&events, UpdateState::Draining);
        let states: Vec<UpdateState> = told.iter().rev().map(|event| event.state).collect();
        assert_eq!(
            states[..2],
            [UpdateState::Draining, UpdateState::RolledBack]
        );
        let left = module.drain_timeout(Duration::ZERO);
        let [straggler] = &left[..] else {
            panic!("{left:#?}")
        };
        let (export, version) = (&*straggler.export, &*straggler.version);
        assert_eq!((export, version), ("Room::stay", "2.0.0"));
        drop(waiting);
        assert!(stay.join().expect("a thread").is_ok());
    });
    assert_eq!(module.drain_timeout(PATIENCE), []);
    wait(&events, UpdateState::Drained);
    // A call in a candidate is no straggler, even if an earlier canary of the same file left it.
    thread::scope(|scope| {
        let canary = || self::canary(&pool, "wide", odd(), CallLimits::new());
        let first = canary();
        let stay = scope.spawn(|| pool.call(&1, |room| room.stay(&gate.path())));
        let waiting = gate.wait();
        first.abort().expect("an end");
        assert_eq!(module.drain_timeout(Duration::ZERO).len(), 1);
        let _second = canary();
        assert_eq!(module.drain_timeout(PATIENCE), []);
        drop(waiting);
        assert!(stay.join().expect("a thread").is_ok());
    });
}

#[test]
fn what_an_abort_would_lose_is_known_before() {
    let (_, _, pool) = rooms(1);
    let canary = canary(&pool, "grown", odd(), CallLimits::new());
    assert_eq!(canary.differences()[0].path, "Hall.guests");
    let losses: Vec<_> = canary
        .losses()
        .iter()
        .map(|loss| (&*loss.path, loss.rule))
        .collect();
    assert_eq!(losses, [("Hall.guests", Rule::Lost)]);
}

#[test]
fn a_promotion_has_all_follow() {
    let (module, events, pool) = rooms(100);
    let mut outside = module.create("#5").expect("an instance");
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    sweep(&pool);
    let update = canary.promote().expect("an update");
    assert_eq!(
        (update.outcome, update.to.as_str()),
        (UpdateOutcome::Published, "2.0.0")
    );
    assert_eq!(canary.state(), CanaryState::Promoted);
    wait(&events, UpdateState::Published);
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("2.0.0", 100)]));
    assert_eq!(outside.enter().expect("a call"), 6);
    assert_eq!(outside.version(), "2.0.0");
    assert_eq!(canary.promote().expect("done already").to, "2.0.0");
    refused(canary.abort(), Rule::TrialOver);

    // From here on it is an update like any other, also for the instances of the canary.
    module.update(file("third")).expect("an update");
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("3.0.0", 100)]));
    module.rollback().expect("a way back");
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("2.0.0", 100)]));
    for key in 0..100 {
        assert_eq!(visits(&pool, key), key);
    }
}

#[test]
fn an_instance_that_left_by_exchange_goes_on_with_the_module() {
    for promote in [true, false] {
        let (module, _, pool) = rooms(2);
        let canary = canary(&pool, "wide", odd(), CallLimits::new());
        sweep(&pool);
        let mut held = module.create("#7").expect("an instance");
        pool.with(&1, |room| std::mem::swap(room, &mut held))
            .expect("a room");
        assert_eq!((held.version(), held.module()), ("2.0.0", "rooms"));
        if promote {
            canary.promote().expect("an update");
        } else {
            canary.abort().expect("an end");
        }
        held.enter().expect("a call");
        assert_eq!(held.version(), module.version());
        module.update(file("third")).expect("an update");
        assert_eq!(held.enter().expect("a call"), 3);
        assert_eq!(held.version(), "3.0.0");
        sweep(&pool);
        assert_eq!(
            (visits(&pool, 1), pool.counts()),
            (7, counts([("3.0.0", 2)]))
        );
    }
}

/// Waits until the canary is aborted, and gives the reason.
fn aborted(canary: &hotmod_host::Canary) -> String {
    match canary.wait_timeout(PATIENCE) {
        CanaryState::Aborted { reason, .. } => reason,
        state => panic!("{state:?}"),
    }
}

#[test]
fn a_thread_that_waits_for_a_canary_is_told_how_it_ends() {
    for promote in [true, false] {
        let (module, _, pool) = rooms(1);
        let canary = canary(&pool, "wide", odd(), CallLimits::new());
        assert_eq!(
            canary.wait_timeout(Duration::from_millis(5)),
            CanaryState::Running
        );
        let (tell, told) = mpsc::channel();
        thread::spawn({
            let (canary, module) = (canary.clone(), module.clone());
            move || tell.send((canary.wait(), module.version().to_owned()))
        });
        let early = told.recv_timeout(Duration::from_millis(20));
        assert!(early.is_err(), "it did not wait: {early:?}");
        let expected = match promote {
            true => {
                canary.promote().expect("an update");
                CanaryState::Promoted
            }
            false => {
                canary.abort().expect("an end");
                canary.state()
            }
        };
        // By then every reader sees the same state.
        let said = if promote {
            "promoted"
        } else {
            "aborted: it was asked for"
        };
        assert_eq!(expected.to_string(), said);
        let told = told.recv_timeout(PATIENCE).expect("an end of the waiting");
        assert_eq!(told, (expected.clone(), module.version().to_owned()));
        assert_eq!(canary.wait_timeout(Duration::MAX), expected);
    }
}

#[test]
fn a_limit_that_is_exceeded_aborts_by_itself() {
    for (variant, limits, said) in [
        (
            "falls",
            CallLimits::new().panics(0.0),
            "1 of 2 calls panicked",
        ),
        (
            "shut",
            CallLimits::new().errors(0.25),
            "1 of 2 calls failed",
        ),
    ] {
        let (module, events, pool) = rooms(10);
        let canary = canary(&pool, variant, odd(), limits);
        canary.promote_after(Duration::from_secs(3600));
        assert_eq!((code(&pool, 1), canary.state()), (2, CanaryState::Running));
        let _ = pool.with(&1, |room| match variant {
            "falls" => room.enter().is_ok(),
            _ => room.knock().is_ok(),
        });
        let reason = aborted(&canary);
        assert!(reason.contains(said), "{reason}");
        assert_eq!(wait(&events, UpdateState::RolledBack), Some(reason));
        sweep(&pool);
        assert_eq!(pool.counts(), counts([("1.0.0", 10)]));
        assert_eq!(module.version(), "1.0.0");
        module.update(file("third")).expect("nothing is on trial");
    }
}

#[test]
fn limits_that_hold_promote_by_themselves_when_there_were_calls_enough() {
    let (module, events, pool) = rooms(10);
    let canary = canary(&pool, "wide", odd(), CallLimits::new().panics(0.0).least(5));
    canary.promote_after(Duration::from_millis(1));
    // The canary is looked at again and again, and never judged by fewer calls.
    for key in [1, 3, 5, 7] {
        assert_eq!(code(&pool, key), 2);
    }
    assert_eq!(
        (canary.state(), module.version()),
        (CanaryState::Running, "1.0.0")
    );
    assert_eq!(canary.wait_timeout(Duration::ZERO), CanaryState::Running);
    assert_eq!(code(&pool, 9), 2);
    assert_eq!(
        (canary.wait_timeout(PATIENCE), module.version()),
        (CanaryState::Promoted, "2.0.0")
    );
    wait(&events, UpdateState::Published);
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("2.0.0", 10)]));
}

#[test]
fn a_candidate_that_instances_do_not_fit_is_not_promoted_by_itself() {
    let (module, _, pool) = rooms(400);
    let canary = canary(&pool, "narrow", odd(), CallLimits::new());
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.migrated, swept.stuck, swept.remaining), (128, 72, 0));
    assert_eq!(pool.stuck().len(), 72);
    canary.promote_after(Duration::ZERO);
    let reason = aborted(&canary);
    assert!(reason.contains("72 instances do not fit it"), "{reason}");
    assert!(reason.contains("Hall.visits"), "{reason}");
    sweep(&pool);
    assert_eq!(pool.stuck(), []);
    assert_eq!(pool.counts(), counts([("1.0.0", 400)]));
    assert_eq!(module.version(), "1.0.0");
}

#[test]
fn without_its_pool_a_canary_ends() {
    let (module, events, pool) = rooms(10);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    drop(pool);
    let reason = wait(&events, UpdateState::RolledBack).expect("a reason");
    assert_eq!(reason, "its pool was dropped");
    assert!(matches!(canary.state(), CanaryState::Aborted { .. }));
    module.update(file("third")).expect("nothing is on trial");
}

#[test]
fn a_rollback_ends_the_canary_first() {
    let (module, events, pool) = rooms(10);
    refused(module.rollback(), Rule::NothingBefore);
    module.update(file("third")).expect("an update");
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("2.0.0", 5), ("3.0.0", 5)]));
    module.rollback().expect("a way back");
    let reason = wait(&events, UpdateState::RolledBack).expect("a reason");
    assert!(reason.contains("rolled back"), "{reason}");
    assert!(matches!(canary.state(), CanaryState::Aborted { .. }));
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("1.0.0", 10)]));
    for key in 0..10 {
        assert_eq!(visits(&pool, key), key);
    }
}

#[test]
fn a_rollback_says_before_what_the_canary_loses_that_it_ends() {
    let (module, _, pool) = rooms(10);
    module.update(file("third")).expect("an update");
    assert_eq!(module.rollback_report().expect("a way back").ended, None);
    let _canary = canary(&pool, "grown", odd(), CallLimits::new());
    let planned = module.rollback_report().expect("a way back");
    let done = module.rollback().expect("a way back");
    for report in [planned, done] {
        assert!(report.losses.is_empty(), "{report}");
        let ended = report.ended.as_ref().expect("it was on trial");
        assert_eq!((&*ended.version, ended.what), ("2.0.0", "a canary"));
        let lost: Vec<&str> = ended.losses.iter().map(|it| &*it.path).collect();
        assert_eq!(lost, ["Hall.guests"]);
        let text = report.to_string();
        assert!(text.contains("given up"), "{text}");
        assert!(text.contains("Hall.guests: lost"), "{text}");
    }
}

#[test]
fn a_rollback_that_is_refused_leaves_the_canary() {
    let (module, _, pool) = rooms(2);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    refused(module.rollback(), Rule::NothingBefore);
    assert_eq!((canary.state(), code(&pool, 1)), (CanaryState::Running, 2));
}

#[test]
fn a_candidate_is_retired_when_an_abort_has_taken_all_back() {
    let (module, events, pool) = rooms(10);
    let canary = canary(&pool, "wide", odd(), CallLimits::new());
    let candidate = || module.versions()[1].clone();
    assert_eq!(candidate().needed, [NeededFor::Candidate]);
    sweep(&pool);
    assert_eq!(
        candidate().needed,
        [NeededFor::Candidate, NeededFor::Instances(5)]
    );
    canary.abort().expect("an end");
    assert_eq!(candidate().needed, [NeededFor::Instances(5)]);
    sweep(&pool);
    wait(&events, UpdateState::Retired);
    assert!(candidate().is_retired && candidate().needed.is_empty());

    // Another trial of the candidate takes it into use again.
    let _canary = self::canary(&pool, "wide", odd(), CallLimits::new());
    assert!(!candidate().is_retired);
    sweep(&pool);
    for key in 0..10 {
        assert_eq!(visits(&pool, key), key);
    }
    assert_eq!(pool.counts(), counts([("1.0.0", 5), ("2.0.0", 5)]));
    assert_eq!(module.versions().len(), 2);
}
