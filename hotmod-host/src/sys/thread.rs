//! The system's number of a thread.

/// The number of the calling thread.
pub(crate) fn number() -> i64 {
    // SAFETY: it only asks.
    unsafe { libc::syscall(libc::SYS_gettid) }
}
