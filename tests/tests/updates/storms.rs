//! Updates that are asked for faster than they can be done, or should be.

use std::time::Instant;

use hotmod_host::describe::Rule;
use hotmod_host::{RollbackOptions, RollbackRequest, UpdateRequest};
use hotmod_tests::ledger::{file, ledger, states, update};

use super::*;

const LONG: Duration = Duration::from_secs(3600);

fn published(events: &Events) -> usize {
    let events = std::iter::from_fn(|| events.try_next());
    let published = events.filter(|event| event.state == UpdateState::Published);
    published.count()
}

#[test]
fn requests_that_come_while_one_waits_become_one() {
    let host = host();
    let module = load(&host, BASE);
    let events = host.events();
    let held = Held::new(&module, "second");
    let variants = [BASE, "second", "shrunk", BASE];
    let requests: Vec<UpdateRequest> = variants
        .iter()
        .cycle()
        .take(100)
        .chain(&["grown"])
        .map(|variant| module.request_update(file(variant)))
        .collect();
    assert!(requests[0].wait_timeout(Duration::ZERO).is_none());
    held.let_on().expect("an update");
    for request in &requests {
        let update = request.wait().unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!((&*update.from, &*update.to), ("1.1.0", "2.0.0"));
    }
    assert_eq!(published(&events), 2, "the one that was held, and the last");
    assert_eq!(module.version(), "2.0.0");
    assert!(requests[0].wait_timeout(Duration::ZERO).is_some());
}

#[test]
fn requests_share_the_refusal_too() {
    let module = ledger();
    let held = Held::new(&module, "second");
    let one = module.request_update(file("grown"));
    let other = module.request_update(file("shrunk"));
    held.let_on().expect("an update");
    let one = one.wait().expect_err("a refusal");
    let other = other.wait().expect_err("a refusal");
    assert!(std::sync::Arc::ptr_eq(&one, &other));
    assert_eq!(one.file(), file("shrunk"));
    assert_eq!(module.version(), "1.1.0");
    let next = module.request_update(file("grown"));
    assert_eq!(next.wait().expect("an update").to, "2.0.0");
}

#[test]
fn rollbacks_that_are_asked_for_become_one_and_an_update_stays_asked_for() {
    let module = ledger();
    let held = Held::new(&module, "second");
    let backs: Vec<RollbackRequest> = (0..10).map(|_| module.request_rollback()).collect();
    let update = module.request_update(file("grown"));
    assert!(backs[0].wait_timeout(Duration::ZERO).is_none());
    held.let_on().expect("an update");
    for back in &backs {
        let back = back.wait().unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!((&*back.from, &*back.to), ("1.1.0", "1.0.0"));
    }
    let update = update.wait().unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((&*update.from, &*update.to), ("1.0.0", "2.0.0"));
    let late = RollbackOptions::new().only_at(1);
    let late = module.request_rollback_with(&late).wait();
    let rule = late.expect_err("decided on earlier").differences()[0].rule;
    assert_eq!(rule, Rule::Overtaken);
    assert_eq!(module.version(), "2.0.0");
}

#[test]
fn publications_that_are_asked_for_keep_their_distance() {
    let interval = Duration::from_millis(100);
    let host = builder().min_update_interval(interval);
    let module = load(&host.build().expect("a host"), BASE);
    let start = Instant::now();
    for (before, variant) in (0..).zip(["second", BASE, "second"]) {
        let request = module.request_update(file(variant));
        request.wait().expect("an update");
        assert!(start.elapsed() >= before * interval);
    }
}

#[test]
fn what_is_refused_or_unchanged_keeps_no_distance() {
    let host = builder().min_update_interval(LONG);
    let module = load(&host.build().expect("a host"), BASE);
    for _ in 0..3 {
        let refused = module.request_update(file("shrunk"));
        refused.wait().expect_err("a refusal");
        let unchanged = module.request_update(file(BASE));
        unchanged.wait().expect("nothing to do");
    }
    let first = module.request_update(file("second"));
    assert_eq!(first.wait().expect("an update").to, "1.1.0");
}

#[test]
fn an_update_by_hand_is_done_at_once_and_requests_wait_for_it_too() {
    let host = builder().min_update_interval(LONG);
    let module = load(&host.build().expect("a host"), BASE);
    update(&module, "second");
    update(&module, BASE);
    let request = module.request_update(file("grown"));
    assert!(request.wait_timeout(Duration::from_millis(20)).is_none());
    update(&module, "second");
    module.rollback().expect("the version before");
    assert!(request.wait_timeout(Duration::ZERO).is_none());
    assert_eq!(module.version(), "1.0.0");
}

#[test]
fn an_interval_without_end_is_kept() {
    let host = builder().min_update_interval(Duration::MAX);
    let module = load(&host.build().expect("a host"), BASE);
    let first = module.request_update(file("second"));
    first.wait().expect("an update");
    let never = module.request_update(file(BASE));
    assert!(never.wait_timeout(Duration::ZERO).is_none());
    drop(never);
    update(&module, BASE);
}

#[test]
fn a_request_is_answered_when_all_else_is_gone() {
    let host = host();
    let module = load(&host, BASE);
    let held = Held::new(&module, "second");
    let request = module.request_update(file("grown"));
    drop((host, module));
    held.let_on().expect("an update");
    assert_eq!(request.wait().expect("an update").to, "2.0.0");
}

/// However updates of a module are asked for, one runs at a time.
#[test]
fn a_module_is_updated_by_one_at_a_time() {
    let host = host();
    let module = load(&host, BASE);
    let events = host.events();
    thread::scope(|scope| {
        for variants in [["second", BASE], [BASE, "second"]] {
            let module = &module;
            scope.spawn(move || {
                for variant in variants.iter().cycle().take(20) {
                    update(module, variant);
                }
            });
            scope.spawn(move || {
                for variant in variants.iter().cycle().take(20) {
                    let request = module.request_update(file(variant));
                    request.wait().expect("an update");
                }
            });
        }
    });
    drop((host, module));
    let mut told: Vec<_> = events.collect();
    let after = [UpdateState::Draining, UpdateState::Drained];
    told.retain(|event| !after.contains(&event.state));
    let ends = [UpdateState::Published, UpdateState::Unchanged];
    let mut updates = 0;
    for of_one in told.chunk_by(|one, next| one.update == next.update) {
        updates += 1;
        let states = states(of_one);
        assert_eq!(states[0], UpdateState::Inspecting, "{of_one:#?}");
        assert!(states.last().is_some_and(|last| ends.contains(last)));
    }
    assert!((40..=80).contains(&updates), "{updates}");
}
