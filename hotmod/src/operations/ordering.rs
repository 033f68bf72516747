//! How strong each access of a [`RawLazy`](super::RawLazy) is, and what would go wrong if it were weaker. `tests/loom`
//! weakens them one by one and finds it.

use std::sync::atomic::Ordering;

/// Of the load of the stamp: code that finds its own stamp sees the value that was written before the stamp, and where
/// it is.
pub(super) const SEEN: Ordering = Ordering::Acquire;

/// Of the exchange that locks a value: the thread sees what the one before did that had it locked, and left it at its
/// version.
pub(super) const LOCK: Ordering = Ordering::Acquire;

/// Of the exchange that gives the lock back: the other half of both.
pub(super) const UNLOCK: Ordering = Ordering::Release;

/// Where nothing is read but the stamp itself: it is looked at again.
pub(super) const HINT: Ordering = Ordering::Relaxed;
