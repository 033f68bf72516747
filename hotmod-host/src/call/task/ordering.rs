//! How strong each access of [`waking`](super::waking) is, and what would go wrong if it were weaker. `tests/loom`
//! weakens them one by one and finds it.

use std::sync::atomic::Ordering;

/// Of accesses after which nothing is read that another thread wrote.
pub(super) const LOOK: Ordering = Ordering::Relaxed;

/// Of the swap with which a poll takes note of wakes: it sees what was written before them, and the place that a wake
/// has emptied.
pub(super) const POLL: Ordering = Ordering::Acquire;

/// Of the exchange that lets wakes have the place: one that takes it sees the waker.
pub(super) const LEAVE: Ordering = Ordering::Release;

/// Of the exchange with which a wake takes the place: the other half of [`LEAVE`].
pub(super) const TAKE: Ordering = Ordering::Acquire;

/// Of the exchange of a wake that leaves the place alone: the poll that takes note of it sees what was written before.
pub(super) const WAKE: Ordering = Ordering::Release;

/// Of the swap with which a wake gives the place back: as [`WAKE`], and the caller sees the place empty.
pub(super) const TAKEN: Ordering = Ordering::Release;

/// Of counting a reference: the thread that counts it has one, and gives that up later, by [`GIVE_UP`].
pub(super) const ADD: Ordering = Ordering::Relaxed;

/// Of the look whether there is one reference: then all that others did before they gave up theirs is over.
pub(super) const ALONE: Ordering = Ordering::Acquire;

/// Of giving up a reference: the thread that gives up the last one sees all that was done before.
pub(super) const GIVE_UP: Ordering = Ordering::Release;

/// Of the fence after the last one is given up: the other half of [`GIVE_UP`].
pub(super) const LAST: Ordering = Ordering::Acquire;
