//! The atomics and barriers that the protocol is made of. Its model (`tests/loom`) replaces them by those
//! of `loom`, with `membarrier` and without.
//!
//! Where there is `membarrier`, callers run a fence for the compiler alone. That is as strong as the pair
//! of fences for what the protocol needs. Of a thread T that is in the middle of a call, Linux says
//! that when the system call returns, T has passed through a state "where all memory accesses to
//! user-space addresses match program order between entry to and return from the system call"
//! (membarrier(2), `MEMBARRIER_CMD_PRIVATE_EXPEDITED`): it sends an interrupt that runs `smp_mb()` to
//! every processor that runs a thread of the process, and a thread that does not run has passed one in the
//! scheduler, or will before it does (kernel/sched/membarrier.c, scenarios A to E). The compiler's
//! fence keeps the caller's store of the frame before its second load of the track in T's
//! program, so that this state lies on one side of either:
//!
//! - after the store: then the store is visible when the system call returns, and the updater, which
//!   loads the frame afterwards, sees the call;
//! - before the load: then the load comes after the entry to the system call, and sees the track that
//!   the updater stored before it.
//!
//! The total order of two sequentially consistent fences gives the same.

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
        // If the host forbids itself the system call later, a report may miss a call: only reports
        // rest on the barrier.
        let _ = sys::barrier::run_everywhere();
        fence(HEAVY);
    }
}

/// The callers' barrier in this process. Asks the system once: the answer must be the same for all threads
/// at all times, since an updater relies on the system to reach each thread that runs no barrier of its
/// own.
pub(super) fn barrier() -> Barrier {
    static BARRIER: OnceLock<Barrier> = OnceLock::new();
    *BARRIER.get_or_init(|| match sys::barrier::register() {
        true => Barrier::Remote,
        false => Barrier::Own,
    })
}
