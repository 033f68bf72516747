//! How tasks, threads and a sweeper come to hold one instance (`hotmod-host/src/pool/entry_lock/holds.rs`), while versions
//! are published, in every interleaving that the memory model allows of some small programs, and with each ordering
//! weakened.

#[path = "../../../../hotmod-host/src/pool/entry_lock/holds.rs"]
mod holds;
mod ordering;
mod sync;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc as StdArc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use holds::{GaveUp, Hold, Holds};

/// One that waits.
#[derive(Clone)]
struct Waker(StdArc<(Mutex<bool>, Condvar)>);

impl Waker {
    fn new() -> Self {
        Waker(StdArc::new((Mutex::new(false), Condvar::new())))
    }

    fn wake(&self) {
        *self.0.0.lock().expect("no panic") = true;
        self.0.1.notify_one();
    }

    fn wait(&self) {
        let mut woken = self.0.0.lock().expect("no panic");
        while !*woken {
            woken = self.0.1.wait(woken).expect("no panic");
        }
        *woken = false;
    }
}

fn wake(woken: Vec<Waker>) {
    woken.iter().for_each(Waker::wake);
}

/// An instance: the version that its state is at, and how often it was called.
#[derive(Clone, Copy, Default)]
struct State {
    at: usize,
    calls: usize,
}

/// An instance behind its lock, and what is current.
struct Entry {
    holds: Holds<Waker>,
    state: UnsafeCell<State>,
    current: AtomicUsize,
}

impl Entry {
    fn new() -> Arc<Self> {
        Arc::new(Entry {
            holds: Holds::new(),
            state: UnsafeCell::new(State::default()),
            current: AtomicUsize::new(0),
        })
    }

    /// Waits for it, as a thread or a task does.
    fn hold(&self, hold: Hold) {
        if self.holds.try_take(hold) {
            return;
        }
        let waker = Waker::new();
        let (number, woken) = self.holds.line_up(hold, waker.clone());
        wake(woken);
        while self.holds.still_waits(number, None) {
            waker.wait();
        }
    }

    fn read(&self) -> State {
        // SAFETY: `loom` looks at it.
        self.state.with(|state| unsafe { *state })
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        // SAFETY: `loom` looks at it.
        self.state.with_mut(|state| change(unsafe { &mut *state }));
    }

    /// Takes the state along. It is held alone.
    fn follow(&self) {
        let current = self.current.load(Ordering::SeqCst);
        if self.read().at != current {
            self.change(|state| state.at = current);
        }
    }

    /// A call of a task that has it checked out, in one poll or in two.
    fn check_out(&self) {
        self.hold(Hold::Alone);
        self.follow();
        self.change(|state| state.calls += 1);
        self.follow();
        wake(self.holds.leave_alone());
    }

    /// Prepares the state beside its readers, and commits that when there are none. Whether it did.
    fn sweep(&self, waits: bool) -> bool {
        if !self.holds.try_beside() {
            return false;
        }
        let (before, current) = (self.read(), self.current.load(Ordering::SeqCst));
        let is_alone = match waits {
            false => self.holds.try_close(),
            true => {
                let waker = Waker::new();
                wake(self.holds.close(waker.clone()));
                while self.holds.still_closes() {
                    waker.wait();
                }
                true
            }
        };
        if !is_alone {
            wake(self.holds.leave_beside());
            return false;
        }
        assert_eq!(
            self.read().calls,
            before.calls,
            "broken: it was called while it was prepared"
        );
        self.change(|state| state.at = current);
        wake(self.holds.leave_alone());
        true
    }
}

fn spawn(entry: &Arc<Entry>, run: impl FnOnce(&Entry) + Send + 'static) -> thread::JoinHandle<()> {
    let entry = entry.clone();
    thread::spawn(move || run(&entry))
}

fn join(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("no panic");
    }
}

/// Nothing holds it, and nothing waits for it.
fn is_free(entry: &Entry) {
    assert_eq!(entry.holds.waiting(), 0, "broken: one is left in line");
    assert!(!entry.holds.is_waited_for(), "broken: there is no line");
    assert!(
        entry.holds.try_take(Hold::Alone),
        "broken: it is held for good"
    );
}

/// Each of them waits for the other.
fn two_check_it_out() {
    let entry = Entry::new();
    let other = spawn(&entry, Entry::check_out);
    entry.check_out();
    join([other]);
    is_free(&entry);
    assert_eq!(entry.read().calls, 2, "broken: a call is lost");
}

/// A reader, one that checks it out, and one that gives up waiting.
fn one_gives_up() {
    let entry = Entry::new();
    let reads = spawn(&entry, |entry| {
        entry.hold(Hold::Reading);
        // Within that, also while others wait for it.
        entry.holds.read_again();
        entry.read();
        wake(entry.holds.leave_reading());
        entry.read();
        wake(entry.holds.leave_reading());
    });
    let other = spawn(&entry, Entry::check_out);
    let (number, woken) = entry.holds.line_up(Hold::Alone, Waker::new());
    wake(woken);
    let GaveUp { is_in, woken, .. } = entry.holds.give_up(number);
    wake(woken);
    if is_in {
        entry.change(|state| state.calls += 10);
        wake(entry.holds.leave_alone());
    }
    join([reads, other]);
    is_free(&entry);
    assert_eq!(entry.read().calls % 10, 1, "broken: a call is lost");
}

/// One that checks it out against a sweeper against an update: whichever comes last takes the state along, or the next
/// one finds out that it is to.
fn check_out_against_sweeper_against_update() {
    let entry = Entry::new();
    let calls = spawn(&entry, Entry::check_out);
    let sweeps = spawn(&entry, |entry| {
        entry.sweep(false);
    });
    entry.current.store(1, Ordering::SeqCst);
    let swept = entry.sweep(false);
    join([calls, sweeps]);
    is_free(&entry);
    let State { at, calls } = entry.read();
    assert_eq!(calls, 1, "broken: a call is lost");
    assert!(!swept || at == 1, "broken: the state went back");
}

/// A sweeper that waits for a reader, while another one comes and reads.
fn a_sweeper_waits_for_readers() {
    let entry = Entry::new();
    entry.current.store(1, Ordering::SeqCst);
    let read = |entry: &Entry| {
        entry.hold(Hold::Reading);
        entry.read();
        wake(entry.holds.leave_reading());
    };
    let other = spawn(&entry, read);
    let sweeps = spawn(&entry, |entry| {
        assert!(entry.sweep(true), "broken: nothing else sweeps");
    });
    read(&entry);
    join([other, sweeps]);
    is_free(&entry);
    assert_eq!(entry.read().at, 1);
}

/// A sweeper that gives up waiting for a reader, and lets others in again.
fn a_sweeper_gives_up() {
    let entry = Entry::new();
    let reads = spawn(&entry, |entry| {
        entry.hold(Hold::Reading);
        entry.read();
        wake(entry.holds.leave_reading());
    });
    if entry.holds.try_beside() {
        wake(entry.holds.close(Waker::new()));
        let GaveUp { is_in, woken, .. } = entry.holds.reopen();
        wake(woken);
        match is_in {
            true => {
                entry.change(|state| state.at = 1);
                // Readers come in while the old state is taken apart.
                wake(entry.holds.let_readers_in());
                wake(entry.holds.leave_beside());
            }
            false => wake(entry.holds.leave_beside()),
        }
    }
    join([reads]);
    is_free(&entry);
}

const PROGRAMS: [fn(); 5] = [
    two_check_it_out,
    one_gives_up,
    check_out_against_sweeper_against_update,
    a_sweeper_waits_for_readers,
    a_sweeper_gives_up,
];

fn check(program: fn(), weakened: &'static str) -> Result<(), String> {
    ordering::weaken(weakened);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
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
fn nobody_is_left_waiting_and_no_two_hold_it() {
    for program in PROGRAMS {
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
