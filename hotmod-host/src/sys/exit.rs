//! Functions that run when the process forks and when it exits.

/// Has a function run before each fork of the process that the system's library knows of.
pub(crate) fn before_forks(run: extern "C" fn()) {
    // SAFETY: the function exists for as long as the process. It need only be safe to call: it runs on the
    // thread that forks, before the fork.
    unsafe { libc::pthread_atfork(Some(run), None, None) };
}

/// Has a function run when the process exits, on the thread that exits, while others may still run.
pub(crate) fn at_exit(run: extern "C" fn()) {
    // SAFETY: the function exists for as long as the process.
    unsafe { libc::atexit(run) };
}
