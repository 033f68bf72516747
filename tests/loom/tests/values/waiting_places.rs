//! Where threads wait: for whichever value, in one place.

use crate::lazy::RawLazy;
use crate::sync::{Condvar, Mutex};
use crate::waiting::WaitingPlace;

loom::lazy_static! {
    static ref WAITING: WaitingPlace = WaitingPlace {
        lock: Mutex::new(()),
        woken: Condvar::new(),
    };
}

/// Where threads wait, for whichever value.
pub(crate) fn waiting_place(_: *const RawLazy) -> &'static WaitingPlace {
    &WAITING
}
