//! Functions that run when the process forks and when it exits.

/// Has a function run before each fork of the process that the system's library knows of.
pub(crate) fn before_forks(run: extern "C" fn()) {
    // SAFETY: the function exists for as long as the process. It need only be safe to call: it runs on the
    // thread that forks, before the fork.
    unsafe { libc::pthread_atfork(Some(run), None, None) };
}

/// Has functions run around each fork of the process that the system's library knows of, all on the thread
/// that forks: before it, and after it in both processes.
pub(crate) fn around_forks(
    before: extern "C" fn(),
    in_parent: extern "C" fn(),
    in_child: extern "C" fn(),
) {
    // SAFETY: the functions exist for as long as the process, and may be called at any time.
    unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
}

/// Has a function run when the process exits, on the thread that exits, while others may still run.
pub(crate) fn at_exit(run: extern "C" fn()) {
    // SAFETY: the function exists for as long as the process.
    unsafe { libc::atexit(run) };
}
