//! What the protocol is made of; the model of it (`tests/loom`) brings the same from `loom`, the barriers
//! with `membarrier` and without.
//!
//! Where there is one, callers run a fence for the compiler alone. That is as strong as the pair of
//! fences for what the protocol needs. Of a thread T that is in the middle of a call, Linux says
//! that when the system call returns, T has passed through a state "where all memory accesses to
//! user-space addresses match program order between entry to and return from the system call"
//! (membarrier(2), `MEMBARRIER_CMD_PRIVATE_EXPEDITED`): it sends an interrupt that runs `smp_mb()` to
//! every processor that runs a thread of the process, and whoever does not run has passed one in the
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
use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

use super::ordering::{HEAVY, LIGHT};

/// Whether callers need a barrier of their own: `true` until it is known that updaters can have
/// them all run one.
static FENCED: AtomicBool = AtomicBool::new(true);
static REGISTERED: OnceLock<bool> = OnceLock::new();

/// The caller's barrier: for the compiler only, where `membarrier` does the rest.
#[inline]
pub(super) fn light() {
    // Relaxed: whoever still sees `true` runs the stronger barrier.
    match FENCED.load(Ordering::Relaxed) {
        false => compiler_fence(LIGHT),
        true => fence(LIGHT),
    }
}

/// The updater's barrier: when it returns, every other thread of the process has passed a full one
/// since it was called.
pub(super) fn heavy() {
    fence(HEAVY);
    if registered() {
        // The first needs memory in the kernel; the second does not, and takes milliseconds. Should
        // a host forbid both to itself later, a report may miss a call: nothing else rests on it.
        let _ = membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
            || membarrier(libc::MEMBARRIER_CMD_GLOBAL);
        fence(HEAVY);
    }
}

/// Asks the system for `membarrier`, once. Before the first publication, so that whoever runs the
/// light barrier without a fence is known to the system.
pub(super) fn registered() -> bool {
    *REGISTERED.get_or_init(|| {
        let is_there = membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
            && membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        FENCED.store(!is_there, Ordering::Relaxed);
        is_there
    })
}

#[cfg(target_os = "linux")]
fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: `membarrier` takes a command, flags and a processor, and touches no memory.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}
