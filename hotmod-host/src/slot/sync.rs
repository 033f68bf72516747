//! What the protocol is made of; the model of it brings the same from `loom`.

pub(super) use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, compiler_fence, fence};

/// Whether callers need a barrier of their own: `true` until it is known that updaters can have
/// them all run one.
static FENCED: AtomicBool = AtomicBool::new(true);
static REGISTERED: OnceLock<bool> = OnceLock::new();

/// The caller's barrier: for the compiler only, where `membarrier` does the rest.
#[inline]
pub(super) fn light() {
    // Relaxed: whoever still sees `true` runs the stronger barrier.
    match FENCED.load(Ordering::Relaxed) {
        false => compiler_fence(Ordering::SeqCst),
        true => fence(Ordering::SeqCst),
    }
}

/// The updater's barrier: when it returns, every other thread of the process has passed a full one
/// since it was called.
pub(super) fn heavy() {
    fence(Ordering::SeqCst);
    if registered() {
        membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        fence(Ordering::SeqCst);
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
