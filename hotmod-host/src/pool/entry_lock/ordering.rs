//! How strong each access of [`holds`](super::holds) is, and what would go wrong if it were weaker. `tests/loom`
//! weakens them one by one and finds it.

use std::sync::atomic::Ordering;

/// Of looks: what comes of one is decided by an exchange.
pub(super) const LOOK: Ordering = Ordering::Relaxed;

/// Of the marks, which are set and cleared while the line is locked.
pub(super) const MARK: Ordering = Ordering::Relaxed;

/// Of the exchange by which one comes to hold the instance: it sees what those did who held it before.
pub(super) const TAKE: Ordering = Ordering::Acquire;

/// Of the exchange by which one leaves, or lets readers in: the other half of [`TAKE`].
pub(super) const LEAVE: Ordering = Ordering::Release;
