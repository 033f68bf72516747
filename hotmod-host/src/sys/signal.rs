//! What becomes of a signal.

use std::{io, mem, ptr};

/// Whether the system does with this signal what it does by default: nothing in this process handles or ignores it.
pub(crate) fn is_default(signal: i32) -> io::Result<bool> {
    // SAFETY: a structure of numbers, for which zeros are good.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    // SAFETY: no new action is given, so it changes nothing, and writes the old one alone.
    match unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) } {
        0 => Ok(action.sa_sigaction == libc::SIG_DFL),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_not_by_default() {
        // The standard library ignores it in every program.
        assert!(!is_default(libc::SIGPIPE).expect("a signal"));
        assert!(is_default(libc::SIGUSR2).expect("a signal"));
        assert!(is_default(i32::MAX).is_err());
    }
}
