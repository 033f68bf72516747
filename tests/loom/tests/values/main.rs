//! How threads that come for one value agree who takes it along (`hotmod/src/operations/lazy.rs` and
//! `hotmod-host/src/migrate/values/waiting.rs`), in every interleaving that the memory model allows of some small
//! programs, and with each of its orderings weakened.

#[path = "../../../../hotmod/src/operations/lazy.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "what only the owner of a `Lazy` asks is no matter of interleavings"
)]
mod lazy;
mod ordering;
mod sync;
mod table;
#[path = "../../../../hotmod-host/src/migrate/values/waiting.rs"]
mod waiting;

use std::panic::{self, AssertUnwindSafe};

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use lazy::RawLazy;
use sync::{Condvar, Mutex};
use table::{NEW, OLD, Stamp};
use waiting::WaitingPlace;

/// A `Lazy`, its value of either version, and where threads wait for it.
struct Shared {
    lazy: RawLazy,
    place: WaitingPlace,
    old: UnsafeCell<u32>,
    new: UnsafeCell<u32>,
}

impl Shared {
    fn new() -> Self {
        let (old, new) = (UnsafeCell::new(7), UnsafeCell::new(0));
        Shared {
            lazy: RawLazy::new(&OLD, address(&OLD)),
            place: WaitingPlace {
                lock: Mutex::new(()),
                woken: Condvar::new(),
            },
            old,
            new,
        }
    }

    /// Takes the value along, as `Values::follow_for_host` does; unless it does not fit.
    fn follow(&self, fits: bool) -> bool {
        loop {
            let Some(from) = self.lazy.settled() else {
                self.place.wait(&self.lazy);
                continue;
            };
            if std::ptr::eq(from, &NEW) {
                return true;
            }
            if !self.lazy.lock(from) {
                continue;
            }
            // SAFETY: it is locked.
            let found = unsafe { self.lazy.value() };
            assert_eq!(found, address(&OLD), "broken: not the old value");
            let to: &'static Stamp = if fits { &NEW } else { &OLD };
            if fits {
                // SAFETY: `loom` looks at both accesses.
                let value = self.old.with(|old| unsafe { *old });
                // SAFETY: as above.
                self.new.with_mut(|new| unsafe { *new = value + 1 });
            }
            // SAFETY: it is locked.
            if unsafe { self.lazy.unlock(to, address(to)) } {
                self.place.wake();
            }
            if fits {
                // Taken apart after the swap.
                // SAFETY: as above.
                self.old.with_mut(|old| unsafe { *old = 0 });
            }
            return fits;
        }
    }

    /// Uses the value, as `Lazy::try_get` does.
    fn read(&self) {
        if !std::ptr::eq(self.lazy.stamp(), &NEW) {
            assert!(self.follow(true), "broken: it fits");
        }
        // SAFETY: it has this stamp.
        let found = unsafe { self.lazy.value() };
        assert_eq!(found, address(&NEW), "broken: not the new value");
        // SAFETY: `loom` looks at it.
        let value = self.new.with(|new| unsafe { *new });
        assert_eq!(value, 8, "broken: not what the old value became");
    }
}

/// Stands for where a value of this stamp is; it is never followed.
fn address(stamp: &'static Stamp) -> *mut u8 {
    std::ptr::from_ref(stamp).cast_mut().cast()
}

/// Readers, of which one takes the value along, and the drop that comes after them.
fn readers_and_a_drop() {
    let shared = Arc::new(Shared::new());
    let reader = thread::spawn({
        let shared = shared.clone();
        move || shared.read()
    });
    shared.read();
    reader.join().expect("no panic");
    // The owner of the `Lazy` drops it.
    shared.read();
}

/// A reader against a sweeper that goes on to the next.
fn a_reader_and_a_sweeper() {
    let shared = Arc::new(Shared::new());
    let sweeper = thread::spawn({
        let shared = shared.clone();
        move || assert!(shared.follow(true), "broken: it fits")
    });
    shared.read();
    sweeper.join().expect("no panic");
}

/// A thread for which the value does not fit, such as one with no memory, and one for which it does.
fn one_for_which_it_does_not_fit() {
    let shared = Arc::new(Shared::new());
    let other = thread::spawn({
        let shared = shared.clone();
        move || shared.follow(false)
    });
    shared.read();
    other.join().expect("no panic");
}

fn check(program: fn(), weakened: &'static str) -> Result<(), String> {
    ordering::weaken(weakened);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(program);
    }));
    ordering::weaken("");
    outcome.map_err(|panic| match panic.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => panic
            .downcast_ref::<&str>()
            .map_or_else(String::new, |it| (*it).to_owned()),
    })
}

#[test]
fn readers_take_a_value_along_once() {
    check(readers_and_a_drop, "").unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_sweeper_comes_between() {
    check(a_reader_and_a_sweeper, "").unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_value_that_does_not_fit_is_tried_again() {
    check(one_for_which_it_does_not_fit, "").unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn each_weaker_ordering_is_noticed() {
    let programs: [fn(); 3] = [
        readers_and_a_drop,
        a_reader_and_a_sweeper,
        one_for_which_it_does_not_fit,
    ];
    for site in ordering::ALL {
        if site.ordering() == std::sync::atomic::Ordering::Relaxed {
            continue;
        }
        let noticed = programs
            .iter()
            .any(|program| check(*program, site.name).is_err());
        assert!(noticed, "{} is as good when it is relaxed", site.name);
    }
}
