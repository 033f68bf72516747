//! The lock of an entry, as far as the order of things rests on it: shared holds, exclusive ones, and one beside
//! the shared ones that can become exclusive.

use loom::sync::{Condvar, Mutex, MutexGuard};

use crate::beside::{HeldAlone, HeldBeside, Patience};

/// What the lock does not promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Without {
    Nothing,
    /// A hold that becomes exclusive waits for the readers that are there.
    WaitingForReaders,
    /// It keeps out those that come once it is exclusive.
    KeepingReadersOut,
    /// No other thread has the entry between an exclusive hold and the one beside readers.
    GoingOn,
    /// There is one hold beside readers at a time.
    OneBeside,
    /// Beside readers means without callers that hold it exclusively.
    KeepingCallersOut,
    /// Not the lock's: what was prepared in vain is given up while the entry is held.
    GivingUp,
}

impl Without {
    pub(crate) const ALL: &'static [Without] = &[
        Without::WaitingForReaders,
        Without::KeepingReadersOut,
        Without::GoingOn,
        Without::OneBeside,
        Without::KeepingCallersOut,
        Without::GivingUp,
    ];
}

#[derive(Default)]
struct Held {
    readers: usize,
    alone: bool,
    beside: usize,
    /// A hold beside readers waits for them to go.
    is_to_be_alone: bool,
}

pub(crate) struct Lock {
    held: Mutex<Held>,
    changed: Condvar,
    pub(crate) without: Without,
}

pub(crate) struct Shared<'l>(&'l Lock);
pub(crate) struct Alone<'l>(pub(crate) &'l Lock);
pub(crate) struct Beside<'l>(pub(crate) &'l Lock);

impl Lock {
    pub(crate) fn new(without: Without) -> Self {
        Lock {
            held: Mutex::new(Held::default()),
            changed: Condvar::new(),
            without,
        }
    }

    fn until(&self, may: impl Fn(&Held) -> bool) -> MutexGuard<'_, Held> {
        let mut held = self.held.lock().expect("a lock");
        while !may(&held) {
            held = self.changed.wait(held).expect("a lock");
        }
        held
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        // What is found is told by a panic, and nothing goes on after that.
        if std::thread::panicking() {
            return;
        }
        change(&mut self.held.lock().expect("a lock"));
        self.changed.notify_all();
    }

    pub(crate) fn shared(&self) -> Shared<'_> {
        let comes_in = self.without == Without::KeepingReadersOut;
        let may = |held: &Held| comes_in || !held.alone && !held.is_to_be_alone;
        self.until(may).readers += 1;
        Shared(self)
    }

    pub(crate) fn alone(&self) -> Alone<'_> {
        let comes_in = self.without == Without::KeepingCallersOut;
        let is_free = |held: &Held| held.beside == 0 || comes_in && !held.is_to_be_alone;
        let may = |held: &Held| held.readers == 0 && !held.alone && is_free(held);
        self.until(may).alone = true;
        Alone(self)
    }

    pub(crate) fn beside(&self) -> Beside<'_> {
        let several = self.without == Without::OneBeside;
        let may = |held: &Held| !held.alone && (several || held.beside == 0);
        self.until(may).beside += 1;
        Beside(self)
    }
}

impl<'l> HeldAlone for Alone<'l> {
    type Shared = Beside<'l>;

    fn let_readers_in(self) -> Beside<'l> {
        let lock = self.0;
        if lock.without == Without::GoingOn {
            drop(self);
            return lock.beside();
        }
        std::mem::forget(self);
        lock.change(|held| {
            held.alone = false;
            held.beside += 1;
        });
        Beside(lock)
    }
}

impl<'l> HeldBeside for Beside<'l> {
    type Alone = Alone<'l>;

    fn keep_readers_out(self, patience: Patience) -> Result<Alone<'l>, Self> {
        let lock = self.0;
        let waits = lock.without != Without::WaitingForReaders;
        let is_gone = |held: &Held| !held.alone && (held.readers == 0 || !waits);
        let mut held = lock.held.lock().expect("a lock");
        if matches!(patience, Patience::None) && !is_gone(&held) {
            drop(held);
            return Err(self);
        }
        held.is_to_be_alone = true;
        while !is_gone(&held) {
            held = lock.changed.wait(held).expect("a lock");
        }
        held.is_to_be_alone = false;
        held.beside -= 1;
        held.alone = true;
        std::mem::forget(self);
        Ok(Alone(lock))
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        self.0.change(|held| held.readers -= 1);
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.change(|held| held.alone = false);
    }
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        self.0.change(|held| held.beside -= 1);
    }
}
