//! What the protocol is made of; the model of it (`tests/loom`) brings the same from `loom`, the barriers
//! with `membarrier` and without.
//!
//! Where there is one, callers run a fence for the compiler alone. That is as strong as the pair of
//! fences for what the protocol needs. Of a thread T that is in the middle of a call, Linux says
//! that when the system call returns, T has passed through a state "where all memory accesses to
//! user-space addresses match program order between entry to and return from the system call"
//! (membarrier(2), `MEMBARRIER_CMD_PRIVATE_EXPEDITED`): it sends an interrupt that runs `smp_mb()` to
//! every processor that runs a thread of the process, and a thread that does not run has passed one in the
//! scheduler, or will before it does (kernel/sched/membarrier.c, scenarios A to E). The compiler's
//! fence keeps the caller's store of the frame before its second load of the lane in T's
//! program, so that this state lies on one side of either:
//!
//! - after the store: then the store is visible when the system call returns, and the updater, which
//!   loads the frame afterwards, sees the call;
//! - before the load: then the load comes after the entry to the system call, and sees the lane that
//!   the updater stored before it.
//!
//! Which is what the total order of two sequentially consistent fences gives.

pub(super) use std::sync::atomic::{AtomicPtr, AtomicU64};

use std::sync::OnceLock;
use std::sync::atomic::{compiler_fence, fence};

use super::ordering::{HEAVY, LIGHT};
use crate::sys;

/// The frames of a stack that are found without a detour; deeper calls are rare.
pub(super) const FRAMES: usize = 8;

/// What callers have to do about the order of their stores and loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barrier {
    /// Updaters can have every thread run a full barrier: `membarrier`.
    Remote,
    /// They cannot: each caller runs its own.
    Own,
}

/// The caller's barrier.
#[inline(always)]
pub(super) fn light(barrier: Barrier) {
    match barrier {
        Barrier::Remote => compiler_fence(LIGHT),
        Barrier::Own => fence(LIGHT),
    }
}

/// The updater's barrier: when it returns, every other thread of the process has passed a full one
/// since it was called.
pub(super) fn heavy() {
    fence(HEAVY);
    if barrier() == Barrier::Remote {
        // Should a host forbid it to itself later, a report may miss a call: nothing else rests on it.
        let _ = sys::barrier::run_everywhere();
        fence(HEAVY);
    }
}

/// The callers' barrier in this process: the same for all threads at all times, since an updater
/// relies on it that a thread that runs no barrier of its own is known to the system. Asks the system
/// once.
pub(super) fn barrier() -> Barrier {
    static BARRIER: OnceLock<Barrier> = OnceLock::new();
    *BARRIER.get_or_init(|| match sys::barrier::register() {
        true => Barrier::Remote,
        false => Barrier::Own,
    })
}
