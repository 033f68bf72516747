//! Threads that wait until another has taken a value along.

use super::sync::{Condvar, Mutex, PoisonError, RawLazy};

/// Where threads wait; those that wait for different values seldom meet.
pub(super) struct WaitingPlace {
    pub(super) lock: Mutex<()>,
    pub(super) woken: Condvar,
}

impl WaitingPlace {
    /// Waits until no thread has the value locked, unless that is so already.
    pub(super) fn wait(&self, lazy: &RawLazy) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread that has the value locked either gives the lock back before this one says that it waits, or sees
        // that and wakes it: for that it needs the lock that is held here until this thread is asleep.
        while lazy.await_it() {
            lock = self
                .woken
                .wait(lock)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes the threads that wait for a value that was locked until now.
    pub(super) fn wake(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.woken.notify_all();
    }
}
