//! Calls that last long and updates do not wait for each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hotmod_tests::ledger::{create, file, ledger, roll_back, update};
use hotmod_tests::listener::listen;
use hotmod_tests::patience::Ended;

use super::*;

const THREADS: usize = 8;

#[test]
fn no_update_waits_for_calls_that_are_inside() {
    let module = ledger();
    let half = THREADS / 2;
    let functions = (0..half).map(|_| waits("function", &module));
    let instances = (0..half).map(|_| {
        let mut instance = create(&module);
        Inside::new("instance", move |gate| instance.stay(gate).expect("a call"))
    });
    let inside: Vec<Inside<u32>> = functions.chain(instances).collect();
    for _ in 0..25 {
        update(&module, "second");
        update(&module, "grown");
        roll_back(&module);
        update(&module, BASE);
    }
    update(&module, "grown");
    assert_eq!(code(&module), 3);
    assert!(inside.iter().all(Inside::is_inside));
    assert_eq!(module.stragglers().len(), THREADS);
    for inside in inside {
        assert_eq!(inside.let_on(), 1, "the version that the call began in");
    }
}

/// An update is held wherever it says what it does, and calls return and begin all the same.
#[test]
fn no_call_waits_for_an_update() {
    let module = ledger();
    let over = AtomicBool::new(false);
    let returned: Vec<AtomicUsize> = (0..THREADS).map(|_| AtomicUsize::new(0)).collect();
    let returned = Arc::new(returned);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (returned, over) = (&returned[number], &over);
            let mut instance = create(&module);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    // Each thread's calls last for another time, so that one of them is always inside.
                    instance.take_time(20 + number as u64).expect("a call");
                    instance.book(1).expect("a call");
                    returned.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let held = Arc::new(AtomicUsize::new(0));
        let hear = {
            let (returned, held) = (returned.clone(), held.clone());
            move |_| {
                let before: Vec<usize> = returned
                    .iter()
                    .map(|calls| calls.load(Ordering::Relaxed))
                    .collect();
                for (calls, before) in returned.iter().zip(before) {
                    // A call that was inside, and one that began since.
                    until(|| calls.load(Ordering::Relaxed) >= before + 2);
                }
                held.fetch_add(1, Ordering::Relaxed);
            }
        };
        let ended = Ended(&over);
        listen(hear, || {
            update(&module, "second");
            update(&module, "grown");
        });
        drop(ended);
        let states = 2 * [
            "inspecting",
            "verifying",
            "planning",
            "staging",
            "linking",
            "preparing",
            "published",
            "draining",
        ]
        .len();
        assert!(held.load(Ordering::Relaxed) >= states);
    });
}

/// Calls of 50 ms back to back, and an update whenever one returns.
#[test]
fn calls_that_follow_one_another_each_run_in_one_version() {
    let module = ledger();
    let updates = Mutex::new(["second", BASE].iter().cycle());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let instance = create(&module);
            let (module, updates) = (&module, &updates);
            scope.spawn(move || {
                let mut instance = instance;
                for call in 1..=10 {
                    let code = instance.take_time(50).expect("a call");
                    let version = ["1.0.0", "1.1.0"][code as usize - 1];
                    assert_eq!(instance.version(), version);
                    let mut updates = updates.lock().expect("no thread panicked");
                    let next = updates.next().expect("there is always another");
                    module.update(file(next)).expect("an update");
                    drop(updates);
                    assert_eq!(instance.book(1).expect("a call").booked, call);
                }
            });
        }
    });
}
