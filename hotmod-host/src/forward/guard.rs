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
    let taken = caught(source, taken);
    IS_INSIDE.set(false);
    taken
}

/// Runs what goes on with something that was taken: it may be nested, since what was begun has to end. `None` if it
/// panicked, or in a copy of the process.
#[cfg(any(feature = "tracing", feature = "metrics"))]
pub(crate) fn run<R>(source: &Source, run: impl FnOnce() -> R) -> Option<R> {
    match copy::is_this() {
        true => None,
        false => caught(source, run),
    }
}

fn caught<R>(source: &Source, taken: impl FnOnce() -> R) -> Option<R> {
    // What is half done when the host's code panics is the host's own.
    let taken = panic::catch_unwind(AssertUnwindSafe(taken));
    taken
        .map_err(|payload| source.panicked(Panic::new(payload)))
        .ok()
}
