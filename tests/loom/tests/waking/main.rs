//! How a future is woken, polled and dropped at once (`hotmod-host/src/call/task/waking.rs`), in every interleaving that
//! the memory model allows of some small programs, and with each of its orderings weakened.

mod ordering;
mod sync;
#[path = "../../../../hotmod-host/src/call/task/waking.rs"]
#[allow(
    dead_code,
    reason = "what is only for the caller itself is no matter of interleavings"
)]
mod waking;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc as StdArc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use waking::{Wakes, Waking};

/// A caller's waker, which counts how often it is called.
#[derive(Clone)]
struct Caller(StdArc<Woken>);

/// How often a caller was woken, and where it waits for that.
struct Woken {
    times: Mutex<usize>,
    more: Condvar,
}

impl Woken {
    fn new() -> StdArc<Self> {
        StdArc::new(Woken {
            times: Mutex::new(0),
            more: Condvar::new(),
        })
    }

    /// Waits until it was woken so often.
    fn wait(&self, times: usize) {
        let mut woken = self.times.lock().expect("no panic");
        while *woken < times {
            woken = self.more.wait(woken).expect("no panic");
        }
    }
}

impl Wakes for Caller {
    fn wake(self) {
        *self.0.times.lock().expect("no panic") += 1;
        self.0.more.notify_one();
    }

    fn wake_by_ref(&self) {
        Wakes::wake(self.clone());
    }

    fn will_wake(&self, other: &Self) -> bool {
        StdArc::ptr_eq(&self.0, &other.0)
    }
}

/// A future behind its head, and what it waits for.
struct Shared {
    waking: Waking<Caller>,
    /// Where a wake writes before it, for the poll after it.
    written: [UnsafeCell<u32>; 2],
    /// Which of these are written, seen by no ordering of its own.
    ready: [AtomicUsize; 2],
    /// Used until the last reference is given up.
    head: UnsafeCell<u32>,
}

impl Shared {
    fn new(references: usize) -> Arc<Self> {
        let shared = Arc::new(Shared {
            waking: Waking::new(),
            written: [UnsafeCell::new(0), UnsafeCell::new(0)],
            ready: [AtomicUsize::new(0), AtomicUsize::new(0)],
            head: UnsafeCell::new(0),
        });
        for _ in 1..references {
            shared.waking.add_reference();
        }
        shared
    }

    /// Wakes, having written what the future waits for, and gives up its reference.
    fn wake(&self, place: usize) {
        // SAFETY: `loom` looks at it.
        self.written[place].with_mut(|written| unsafe { *written = 7 });
        self.ready[place].store(1, Ordering::Relaxed);
        // SAFETY: `loom` looks at it.
        self.head.with(|head| unsafe { *head });
        if self.waking.wake_and_go() {
            self.free();
        }
    }

    fn give_up(&self) {
        // SAFETY: `loom` looks at it.
        self.head.with(|head| unsafe { *head });
        if self.waking.is_last() {
            self.free();
        }
    }

    fn free(&self) {
        // SAFETY: `loom` looks at it.
        self.head.with_mut(|head| unsafe { *head += 1 });
    }

    /// Polls until all are ready, each time after a wake, and drops the future.
    fn poll(&self, count: usize, caller: &StdArc<Woken>) {
        let waker = Caller(caller.clone());
        let mut woken = 0;
        loop {
            // SAFETY: this thread alone polls and drops.
            unsafe { self.waking.begin() };
            let is_ready = (0..count).all(|place| {
                let is_ready = self.ready[place].load(Ordering::Relaxed) == 1;
                if is_ready && woken == count {
                    // Each has woken it: so what they wrote is seen.
                    // SAFETY: `loom` looks at it.
                    let written = self.written[place].with(|written| unsafe { *written });
                    assert_eq!(written, 7, "broken: not what was written");
                }
                is_ready
            });
            if is_ready {
                break;
            }
            // SAFETY: as above.
            unsafe { self.waking.end(&waker) };
            // Each wake that is not lost in another one.
            woken += 1;
            caller.wait(woken);
        }
        self.end();
    }

    fn end(&self) {
        // SAFETY: this thread alone polls and drops, and does not poll any more.
        unsafe { self.waking.leave() };
        self.give_up();
    }
}

/// A future that one thread wakes.
fn a_wake_and_polls() {
    let shared = Shared::new(2);
    let wakes = thread::spawn({
        let shared = shared.clone();
        move || shared.wake(0)
    });
    shared.poll(1, &Woken::new());
    wakes.join().expect("no panic");
}

/// A future that sees what a wake wrote, by no more than that it was woken.
fn what_was_written_is_seen(wakes: usize) {
    let shared = Shared::new(1 + wakes);
    let threads: Vec<_> = (0..wakes)
        .map(|place| {
            let shared = shared.clone();
            thread::spawn(move || shared.wake(place))
        })
        .collect();
    let woken = Woken::new();
    let waker = Caller(woken.clone());
    // SAFETY: this thread alone polls and drops.
    unsafe { shared.waking.begin() };
    // SAFETY: as above.
    unsafe { shared.waking.end(&waker) };
    woken.wait(1);
    // The poll after a wake takes note of all that came before.
    // SAFETY: as above.
    let owns = unsafe { shared.waking.begin() };
    let came: Vec<bool> = (0..wakes)
        .map(|place| shared.ready[place].load(Ordering::Relaxed) == 1)
        .collect();
    if owns && wakes == 1 && came[0] {
        // SAFETY: `loom` looks at it.
        let written = shared.written[0].with(|written| unsafe { *written });
        assert_eq!(written, 7, "broken: not what was written");
    }
    // SAFETY: as above.
    unsafe { shared.waking.end(&waker) };
    for thread in threads {
        thread.join().expect("no panic");
    }
    shared.end();
}

fn one_wake_is_seen() {
    what_was_written_is_seen(1);
}

/// Two wakes while the future is polled.
fn two_wakes_at_once() {
    what_was_written_is_seen(2);
}

/// A future that is dropped while it is woken.
fn a_wake_and_a_drop() {
    let shared = Shared::new(2);
    let wakes = thread::spawn({
        let shared = shared.clone();
        move || shared.wake(0)
    });
    let woken = Woken::new();
    // SAFETY: this thread alone polls and drops.
    unsafe { shared.waking.begin() };
    // SAFETY: as above.
    unsafe { shared.waking.end(&Caller(woken.clone())) };
    shared.end();
    wakes.join().expect("no panic");
    assert_eq!(
        StdArc::strong_count(&woken),
        1,
        "broken: the caller's waker is kept"
    );
}

/// A future that is polled without a wake, as a future in a `select!` is, while it is woken.
fn a_wake_and_polls_without_one() {
    let shared = Shared::new(2);
    let wakes = thread::spawn({
        let shared = shared.clone();
        move || shared.wake(0)
    });
    for woken in [Woken::new(), Woken::new()] {
        // SAFETY: this thread alone polls and drops.
        unsafe { shared.waking.begin() };
        // SAFETY: as above.
        unsafe { shared.waking.end(&Caller(woken)) };
    }
    shared.end();
    wakes.join().expect("no panic");
}

/// In these no thread waits for what it could see only by an ordering, so that they end with each weakened.
const PROGRAMS: [fn(); 4] = [
    one_wake_is_seen,
    two_wakes_at_once,
    a_wake_and_a_drop,
    a_wake_and_polls_without_one,
];

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
fn no_wake_is_lost_and_all_is_freed_once() {
    for program in [a_wake_and_polls as fn()].into_iter().chain(PROGRAMS) {
        check(program, "").unwrap_or_else(|broken| panic!("{broken}"));
    }
}

#[test]
fn each_weaker_ordering_is_noticed() {
    for site in ordering::ALL {
        if site.ordering() == std::sync::atomic::Ordering::Relaxed {
            continue;
        }
        let noticed = PROGRAMS
            .iter()
            .any(|program| check(*program, site.name).is_err());
        assert!(noticed, "{} is as good when it is relaxed", site.name);
    }
}
