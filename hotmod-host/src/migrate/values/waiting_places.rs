//! Where threads wait for values.

use super::sync::{Condvar, Mutex, RawLazy};
use super::waiting::WaitingPlace;

static WAITING: [WaitingPlace; 16] = [const {
    WaitingPlace {
        lock: Mutex::new(()),
        woken: Condvar::new(),
    }
}; 16];

/// Where threads wait that come for a value which another takes along. The `Lazy` may be gone by now.
pub(super) fn waiting_place(lazy: *const RawLazy) -> &'static WaitingPlace {
    &WAITING[(lazy.addr() >> 4) % WAITING.len()]
}
