//! How threads that come for one value agree who takes it along (`hotmod/src/operations/lazy.rs` and
//! `hotmod-host/src/migrate/values/waiting.rs`), and what becomes of values that are set aside
//! (`hotmod-host/src/migrate/values/aside.rs`), in every interleaving that the memory model allows of some small programs,
//! and with each of its orderings weakened.

#[path = "../../../../hotmod-host/src/migrate/values/aside.rs"]
mod aside;

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
mod waiting_places;

use std::panic::{self, AssertUnwindSafe};

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use aside::{AsideStamps, AsideValue, Room};
use lazy::RawLazy;
use table::{ASIDE, GONE, NEW, OLD, Stamp};
use waiting_places::waiting_place;

impl AsideStamps for () {
    const ASIDE: &'static Stamp = &ASIDE;
    const GONE: &'static Stamp = &GONE;

    fn forget(&mut self) {}
}

/// A `Lazy`, and its value of either version.
struct Shared {
    lazy: RawLazy,
    old: UnsafeCell<u32>,
    new: UnsafeCell<u32>,
}

impl Shared {
    fn new() -> Self {
        let (old, new) = (UnsafeCell::new(7), UnsafeCell::new(0));
        Shared {
            lazy: RawLazy::new(&OLD, address(&OLD)),
            old,
            new,
        }
    }

    /// One whose value is set aside.
    fn set_aside() -> (Self, Arc<AsideValue<()>>) {
        let shared = Shared::new();
        // SAFETY: nothing refers to the value, and `()` is the note everywhere here.
        let filled = unsafe { Room::new(()).fill(&shared.lazy, &OLD) };
        let aside = filled.unwrap_or_else(|_| panic!("broken: it is at this stamp"));
        (shared, aside)
    }

    /// Takes the value along, as `Values::follow_for_host` does; unless it does not fit.
    fn follow(&self, fits: bool) -> bool {
        loop {
            if let Some(fits) = self.follow_alone(&self.lazy, fits) {
                return fits;
            }
            // SAFETY: values are set aside with such notes.
            unsafe { aside::take_back(&self.lazy, |_: &AsideValue<()>| false) };
        }
    }

    /// Takes the value along that is here, as `Values::follow_alone` does; `None` if it is set aside.
    fn follow_alone(&self, lazy: &RawLazy, fits: bool) -> Option<bool> {
        loop {
            let Some(from) = lazy.settled() else {
                waiting_place(lazy).wait(lazy);
                continue;
            };
            if std::ptr::eq(from, &NEW) || aside::is_gone::<()>(from) {
                return Some(true);
            }
            if aside::is_aside::<()>(from) {
                return None;
            }
            if !lazy.lock(from) {
                continue;
            }
            // SAFETY: it is locked.
            let found = unsafe { lazy.value() };
            assert_eq!(found, address(&OLD), "broken: not the old value");
            let to: &'static Stamp = if fits { &NEW } else { &OLD };
            if fits {
                // SAFETY: `loom` looks at both accesses.
                let value = self.old.with(|old| unsafe { *old });
                // SAFETY: as above.
                self.new.with_mut(|new| unsafe { *new = value + 1 });
            }
            // SAFETY: it is locked.
            if unsafe { lazy.unlock(to, address(to)) } {
                waiting_place(lazy).wake();
            }
            if fits {
                // Taken apart after the swap.
                // SAFETY: as above.
                self.old.with_mut(|old| unsafe { *old = 0 });
            }
            return Some(fits);
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

/// Two readers, a sweeper, and the drop that comes after them.
fn two_readers_and_a_sweeper() {
    let shared = Arc::new(Shared::new());
    let others: Vec<_> = (0..2)
        .map(|place| {
            let shared = shared.clone();
            thread::spawn(move || match place {
                0 => shared.read(),
                _ => assert!(shared.follow(true), "broken: it fits"),
            })
        })
        .collect();
    shared.read();
    for other in others {
        other.join().expect("no panic");
    }
    // The owner of the `Lazy` drops it.
    shared.read();
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

/// A reader that comes for a value while a sweep sets it aside, and takes it along.
fn a_reader_and_a_sweep_that_sets_aside() {
    let shared = Arc::new(Shared::new());
    let sweeper = thread::spawn({
        let shared = shared.clone();
        move || {
            // SAFETY: nothing refers to the value, and `()` is the note everywhere here.
            let filled = unsafe { Room::new(()).fill(&shared.lazy, &OLD) };
            if let Ok(aside) = filled {
                let followed = shared.follow_alone(&aside.lazy, true);
                assert_eq!(followed, Some(true), "broken: it fits");
            }
        }
    });
    shared.read();
    sweeper.join().expect("no panic");
    shared.read();
}

/// A reader that comes for a value that is set aside, while a sweep takes it along.
fn a_reader_and_a_value_that_is_set_aside() {
    let (shared, aside) = Shared::set_aside();
    let shared = Arc::new(shared);
    let sweeper = thread::spawn({
        let shared = shared.clone();
        move || {
            assert_eq!(
                shared.follow_alone(&aside.lazy, true),
                Some(true),
                "broken: it fits"
            )
        }
    });
    shared.read();
    sweeper.join().expect("no panic");
    shared.read();
}

/// Two readers, of which one takes the value back.
fn readers_and_a_value_that_is_set_aside() {
    let (shared, aside) = Shared::set_aside();
    let shared = Arc::new(shared);
    let reader = thread::spawn({
        let shared = shared.clone();
        move || shared.read()
    });
    shared.read();
    reader.join().expect("no panic");
    assert!(aside.is_gone(), "broken: it was not taken back");
}

/// A reader that takes a value back, while a sweep takes it along and then uses the room again, if that is free.
fn a_reader_and_a_room_that_is_used_again() {
    let (shared, aside) = Shared::set_aside();
    let shared = Arc::new(shared);
    let sweeper = thread::spawn({
        let shared = shared.clone();
        move || {
            assert_eq!(
                shared.follow_alone(&aside.lazy, true),
                Some(true),
                "broken: it fits"
            );
            let Some(room) = Room::again(aside) else {
                return;
            };
            let other = RawLazy::new(&OLD, address(&OLD));
            // SAFETY: nothing refers to the value, and `()` is the note everywhere here.
            let filled = unsafe { room.fill(&other, &OLD) };
            let filled = filled.unwrap_or_else(|_| panic!("broken: it is at this stamp"));
            // SAFETY: as above.
            unsafe { aside::take_back(&other, |_: &AsideValue<()>| false) };
            // SAFETY: no other thread uses it.
            let value = unsafe { other.value() };
            assert_eq!(
                value,
                address(&OLD),
                "broken: not the value that was set aside"
            );
            assert!(filled.is_gone(), "broken: it was not taken back");
        }
    });
    shared.read();
    sweeper.join().expect("no panic");
    shared.read();
}

/// The owner of a `Lazy` drops it while a sweep takes its value along: either of the two has the old value, and the owner
/// drops what there is then.
fn a_drop_and_a_value_that_is_set_aside() {
    let (shared, aside) = Shared::set_aside();
    let shared = Arc::new(shared);
    let sweeper = thread::spawn({
        let shared = shared.clone();
        move || {
            assert_eq!(
                shared.follow_alone(&aside.lazy, true),
                Some(true),
                "broken: it fits"
            )
        }
    });
    assert!(
        std::ptr::eq(shared.lazy.stamp(), &ASIDE),
        "broken: a sweep came to the `Lazy`"
    );
    // SAFETY: no other thread uses the `Lazy`.
    let aside = unsafe { shared.lazy.value() }.cast::<AsideValue<()>>();
    // SAFETY: the `Lazy` gives it up.
    let (stamp, value) = unsafe { aside::take_out(aside.cast_const()) };
    assert_eq!(value, address(stamp), "broken: not the value of this stamp");
    let cell = if std::ptr::eq(stamp, &NEW) {
        &shared.new
    } else {
        &shared.old
    };
    // SAFETY: `loom` looks at it.
    cell.with_mut(|value| unsafe { *value = 0 });
    sweeper.join().expect("no panic");
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
fn two_readers_and_a_sweeper_come_at_once() {
    check(two_readers_and_a_sweeper, "").unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_value_that_does_not_fit_is_tried_again() {
    check(one_for_which_it_does_not_fit, "").unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_value_that_is_set_aside_just_now_is_taken_back_first() {
    check(a_reader_and_a_sweep_that_sets_aside, "").unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_value_that_is_set_aside_is_used_once() {
    check(a_reader_and_a_value_that_is_set_aside, "").unwrap_or_else(|broken| panic!("{broken}"));
    check(readers_and_a_value_that_is_set_aside, "").unwrap_or_else(|broken| panic!("{broken}"));
    check(a_reader_and_a_room_that_is_used_again, "").unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_value_that_is_set_aside_is_dropped_once() {
    check(a_drop_and_a_value_that_is_set_aside, "").unwrap_or_else(|broken| panic!("{broken}"));
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
