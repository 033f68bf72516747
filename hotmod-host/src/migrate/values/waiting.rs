//! Threads that wait until another has taken a value along.

use std::sync::{Condvar, Mutex, PoisonError};

use hotmod::operations::RawLazy;

/// Where threads wait; those that wait for different values seldom meet.
struct Place {
    lock: Mutex<()>,
    woken: Condvar,
}

static PLACES: [Place; 16] = [const {
    Place {
        lock: Mutex::new(()),
        woken: Condvar::new(),
    }
}; 16];

fn place(lazy: *const RawLazy) -> &'static Place {
    &PLACES[(lazy.addr() >> 4) % PLACES.len()]
}

/// Waits until no thread has the value locked, unless that is so already.
pub(super) fn wait(lazy: &RawLazy) {
    let place = place(lazy);
    let mut lock = place.lock.lock().unwrap_or_else(PoisonError::into_inner);
    // The thread that has the value locked either gives the lock back before the thread says that it waits, or sees
    // that and wakes it: for that it needs the lock that is held here until the thread is asleep.
    while lazy.await_it() {
        lock = place
            .woken
            .wait(lock)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Wakes the threads that wait for this value, which is not locked any more. The `Lazy` may be gone by now.
pub(super) fn wake(lazy: *const RawLazy) {
    let place = place(lazy);
    drop(place.lock.lock().unwrap_or_else(PoisonError::into_inner));
    place.woken.notify_all();
}
