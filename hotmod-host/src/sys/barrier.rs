//! A full barrier on every processor that runs a thread of this process: `membarrier`(2).
//!
//! `call/slot/sync.rs` says what such a barrier gives, and how callers and updaters use it.

/// Tells the system that the process will ask for such barriers. Returns whether it may.
#[cfg(target_os = "linux")]
pub(crate) fn register() -> bool {
    membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
        && membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
}

/// Has every other thread of the process pass a full barrier before this returns. Returns whether that
/// was done.
#[cfg(target_os = "linux")]
pub(crate) fn run_everywhere() -> bool {
    // The first needs memory in the kernel; the second does not, and takes milliseconds.
    membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED) || membarrier(libc::MEMBARRIER_CMD_GLOBAL)
}

#[cfg(target_os = "linux")]
fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: `membarrier` takes a command, flags and a processor, and touches no memory.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}
