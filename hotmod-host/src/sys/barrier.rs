//! A full barrier on every processor that runs a thread of this process: `membarrier`(2).
//!
//! What it gives, and what callers and updaters make of it, is said in `call/slot/sync.rs`.

/// Makes the process known to the system as one that asks for such barriers. Whether it may.
#[cfg(target_os = "linux")]
pub(crate) fn register() -> bool {
    membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
        && membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
}

/// Has every other thread of the process pass a full barrier before this returns. Whether it was done.
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
