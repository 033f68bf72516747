//! What an image's calls of `async` exports tell of themselves while they wait, and how many were cancelled.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    /// The import that was awaited last in the poll that this thread is in.
    static AWAITED: Cell<Option<&'static &'static str>> = const { Cell::new(None) };
}

/// Notes that the future of this import is not ready, which the thread has polled.
pub(crate) fn is_awaited(import: &'static &'static str) {
    AWAITED.set(Some(import));
}

/// The import that was noted last; it is forgotten.
#[inline]
pub(crate) fn take_awaited() -> Option<&'static &'static str> {
    AWAITED.take()
}

/// The calls of a version that were cancelled where they waited.
#[derive(Default)]
pub(crate) struct CancelledCalls {
    cancelled: AtomicU64,
    panicked: AtomicU64,
}

impl CancelledCalls {
    /// Counts a call that was cancelled, by its caller or by the host.
    pub(crate) fn count(&self, has_panicked: bool) {
        // Relaxed: they are only told.
        self.cancelled.fetch_add(1, Ordering::Relaxed);
        self.panicked
            .fetch_add(u64::from(has_panicked), Ordering::Relaxed);
    }

    /// How many calls were cancelled, and of how many of these what they held panicked when it was dropped.
    pub(crate) fn counted(&self) -> (u64, u64) {
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        (cancelled, self.panicked.load(Ordering::Relaxed))
    }
}
