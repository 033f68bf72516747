//! What the host's logger may do while it takes something of a module.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use hotmod::call::Panic;

use crate::forward::source::Source;
use crate::sys::copy;

thread_local! {
    /// Whether this thread is in the host's logger, on behalf of a module.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs what takes something of a module. `None` if it panicked, or did not run: a logger that calls a module
/// which logs would go round for ever, and in a copy of the process the locks of a logger may be locked for
/// good.
pub(crate) fn take<R>(source: &Source, taken: impl FnOnce() -> R) -> Option<R> {
    if copy::is_this() {
        return None;
    }
    if IS_INSIDE.replace(true) {
        source.nested();
        return None;
    }
    // What is half done when the host's code panics is the host's own.
    let taken = panic::catch_unwind(AssertUnwindSafe(taken));
    IS_INSIDE.set(false);
    taken
        .map_err(|payload| source.panicked(Panic::new(payload)))
        .ok()
}
