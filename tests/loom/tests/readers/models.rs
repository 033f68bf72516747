//! Threads that read an instance, call it, and take it along. Each states a promise, and panics in an interleaving
//! that breaks it.
//!
//! A value is a cell: two accesses to it that no ordering puts one after the other are a race, which `loom`
//! reports, unless both only read. What is taken apart is written over.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::beside::{self, Patience};
use crate::lock::{Alone, Beside, Lock, Without};

/// The version that all are taken to, and what a value of it is over one of the version before.
const CURRENT: u64 = 2;
const MIGRATED: u64 = 100;

/// A state: what it counts, or nothing once it is taken apart.
type State = &'static UnsafeCell<Option<u64>>;

/// For a run of the model: nothing is freed that a thread may still use when a promise is broken.
fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// An instance behind its lock.
struct Entry {
    lock: Lock,
    /// The version, and the state.
    instance: UnsafeCell<(u64, State)>,
    prepared: AtomicUsize,
}

// SAFETY: `loom` runs one thread at a time, and reports accesses to a cell that would be a race.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

/// What is left of a state. Dropping this takes it apart.
struct Left(Option<State>);

impl Drop for Left {
    fn drop(&mut self) {
        if let Some(old) = self.0
            && !std::thread::panicking()
        {
            // SAFETY: the only access at this moment.
            old.with_mut(|old| unsafe { *old = None });
        }
    }
}

/// A new value, and what it was made of. Dropping this gives it up, for which the old one has to be as it was.
struct Prepared(Option<(u64, State)>);

impl Drop for Prepared {
    fn drop(&mut self) {
        if let Some((new, old)) = &self.0
            && !std::thread::panicking()
        {
            assert_eq!(*new, counted(old) + MIGRATED, "broken: it has changed");
        }
    }
}

fn counted(state: State) -> u64 {
    // SAFETY: no access at this moment writes.
    let counted = state.with(|state| unsafe { *state });
    counted.expect("broken: a state is read that was taken apart")
}

impl Entry {
    fn new(without: Without) -> &'static Self {
        let state: State = forever(UnsafeCell::new(Some(0)));
        forever(Entry {
            lock: Lock::new(without),
            instance: UnsafeCell::new((CURRENT - 1, state)),
            prepared: AtomicUsize::new(0),
        })
    }

    /// The version, and the state that is there.
    fn instance(&self) -> (u64, State) {
        // SAFETY: no access at this moment writes.
        self.instance.with(|instance| unsafe { *instance })
    }

    /// A shared call. Sees a state that belongs to the version, and as a whole.
    fn read(&self) {
        let held = self.lock.shared();
        let (version, state) = self.instance();
        let first = counted(state);
        assert_eq!(
            version == CURRENT,
            first >= MIGRATED,
            "broken: of another version"
        );
        assert_eq!(first, counted(state), "broken: it has changed");
        drop(held);
    }

    /// Prepares what the instance was when the step was asked for.
    fn prepare(&self, (version, state): (u64, State)) -> Prepared {
        if version == CURRENT {
            return Prepared(None);
        }
        self.prepared.fetch_add(1, Ordering::Relaxed);
        Prepared(Some((counted(state) + MIGRATED, state)))
    }

    fn commit(&self, mut prepared: Prepared) -> Left {
        let Some((new, _)) = prepared.0.take() else {
            return Left(None);
        };
        let new = forever(UnsafeCell::new(Some(new)));
        // SAFETY: the only access at this moment.
        let (_, old) = self
            .instance
            .with_mut(|instance| unsafe { std::mem::replace(&mut *instance, (CURRENT, new)) });
        Left(Some(old))
    }

    /// An exclusive call: takes the instance along first.
    fn call(&self) {
        let mut held = self.lock.alone();
        let step = self.instance();
        let mut left = None;
        if step.0 != CURRENT {
            let prepare = |_: &Beside<'_>| self.prepare(step);
            let commit = |_: &mut Alone<'_>, prepared| self.commit(prepared);
            let (again, of_old) = beside::take_along(held, prepare, commit);
            (held, left) = (again, Some(of_old));
        }
        let (version, state) = self.instance();
        assert_eq!(version, CURRENT, "broken: a call is behind");
        let next = counted(state) + 1;
        // SAFETY: the only access at this moment.
        state.with_mut(|state| unsafe { *state = Some(next) });
        drop(held);
        drop(left);
    }

    /// A sweep: takes the instance along, and leaves it. Returns whether it did.
    fn sweep(&self, patience: Patience) -> bool {
        let held = self.lock.beside();
        let step = self.instance();
        let prepare = |_: &Beside<'_>| self.prepare(step);
        let commit = |_: &mut Alone<'_>, prepared| self.commit(prepared);
        if self.lock.without == Without::GivingUp {
            // As it would be, were what was prepared given up last.
            let prepared = prepare(&held);
            let lock = held.0;
            drop(held);
            drop(lock.alone());
            self.call();
            drop(prepared);
            return false;
        }
        beside::take_along_and_leave(held, |_| patience, prepare, commit)
    }

    /// After all threads have ended: so many calls were made.
    fn ended(&self, calls: u64) {
        let (version, state) = self.instance();
        assert_eq!(version, CURRENT, "broken: it was not taken along");
        assert_eq!(counted(state), MIGRATED + calls, "broken: a call is lost");
        let prepared = self.prepared.load(Ordering::Relaxed);
        assert_eq!(prepared, 1, "broken: it was prepared {prepared} times");
    }
}

fn spawn(
    entry: &'static Entry,
    work: impl FnOnce(&'static Entry) + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || work(entry))
}

fn join(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    threads
        .into_iter()
        .for_each(|it| it.join().expect("a thread"));
}

pub(crate) fn a_reader_and_a_caller(without: Without) {
    let entry = Entry::new(without);
    let reader = spawn(entry, |entry| {
        entry.read();
        entry.read();
    });
    entry.call();
    join([reader]);
    entry.ended(1);
}

pub(crate) fn a_reader_and_a_sweep(without: Without) {
    let entry = Entry::new(without);
    let reader = spawn(entry, |entry| {
        entry.read();
        entry.read();
    });
    assert!(
        entry.sweep(Patience::Endless),
        "broken: it was not waited for"
    );
    join([reader]);
    entry.ended(0);
}

pub(crate) fn a_sweep_and_a_caller(without: Without) {
    let entry = Entry::new(without);
    let caller = spawn(entry, Entry::call);
    entry.sweep(Patience::Endless);
    join([caller]);
    entry.ended(1);
}

pub(crate) fn two_callers(without: Without) {
    let entry = Entry::new(without);
    let caller = spawn(entry, Entry::call);
    entry.call();
    join([caller]);
    entry.ended(2);
}

pub(crate) fn a_reader_a_sweep_and_a_caller(without: Without) {
    let entry = Entry::new(without);
    let reader = spawn(entry, Entry::read);
    let caller = spawn(entry, Entry::call);
    entry.sweep(Patience::Endless);
    join([reader, caller]);
    entry.ended(1);
}

/// A sweep that does not wait for it, and a caller that does.
pub(crate) fn a_reader_that_stays(without: Without) {
    let entry = Entry::new(without);
    let reader = spawn(entry, Entry::read);
    let swept = entry.sweep(Patience::None);
    join([reader]);
    if swept {
        entry.ended(0);
    } else {
        let (version, state) = entry.instance();
        assert_eq!((version, counted(state)), (CURRENT - 1, 0));
    }
}
