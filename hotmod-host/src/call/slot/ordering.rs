//! How strong each access of the [`protocol`](super::protocol) is, and what would go wrong if it
//! were weaker. `tests/loom` weakens them one by one and finds it.

use std::sync::atomic::Ordering;

/// Of the track's store: a call that enters the new generation sees its tables, which were written before.
pub(super) const PUBLISH: Ordering = Ordering::Release;

/// Of the track's load: the other half of [`PUBLISH`].
pub(super) const CURRENT: Ordering = Ordering::Acquire;

/// Of the store of the frame's state: a thread that reads the state sees that the call before was left.
pub(super) const STATE: Ordering = Ordering::Release;

/// Of the store of the frame's generation: a thread that reads it sees the same.
pub(super) const GENERATION: Ordering = Ordering::Release;

/// The frame's word is stored last: a thread that reads it sees the generation and the state of its call,
/// all calls before it, and the generation's tables, as the caller saw them.
pub(super) const ENTER: Ordering = Ordering::Release;

/// A thread that sees the frame left sees all that the call did, and may reuse what only calls of its
/// generation needed.
pub(super) const LEAVE: Ordering = Ordering::Release;

/// Of loads by the frame's own thread: it wrote the frame itself, or took over the slot, under a lock,
/// from the thread that wrote it.
pub(super) const OWN: Ordering = Ordering::Relaxed;

/// The other half of [`ENTER`] and [`LEAVE`].
pub(super) const SEEN_WORD: Ordering = Ordering::Acquire;

/// The other half of [`GENERATION`]; and keeps the second load of the word after this one.
pub(super) const SEEN_GENERATION: Ordering = Ordering::Acquire;

/// The other half of [`STATE`]; and keeps the second load of the word after this one.
pub(super) const SEEN_STATE: Ordering = Ordering::Acquire;

/// Of the second load of the word: the loads that it confirms come before it by their own ordering, and
/// no load after it depends on it.
pub(super) const SEEN_AGAIN: Ordering = Ordering::Relaxed;

/// The caller's barrier, between the store of its frame and the second load of the track, and the
/// updater's, between the store of the track and the loads of frames: only where both are in one
/// total order does either see what the other stored.
pub(super) const LIGHT: Ordering = Ordering::SeqCst;

/// The other half of [`LIGHT`].
pub(super) const HEAVY: Ordering = Ordering::SeqCst;
