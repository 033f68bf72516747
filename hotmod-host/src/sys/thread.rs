//! The system's number of a thread.

/// That of the thread that asks.
pub(crate) fn number() -> i64 {
    // SAFETY: it only asks.
    unsafe { libc::syscall(libc::SYS_gettid) }
}
