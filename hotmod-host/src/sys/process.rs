//! Which process this is, and how large. What belongs to one process is kept with its number, since a server
//! may fork.

use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

/// The number of this process. A migration asks for it more than once, and the system takes as long for an
/// answer as a small migration takes as a whole: so the system is asked once.
pub(crate) fn id() -> u32 {
    let Some(known) = known() else {
        return process::id();
    };
    // Relaxed: every thread that stores there stores the same.
    match known.load(Ordering::Relaxed) {
        0 => {
            let id = process::id();
            known.store(id, Ordering::Relaxed);
            id
        }
        id => id,
    }
}

/// The user whose rights this process has.
pub(crate) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A place that is zero again in a forked process, however it was forked; `None` where the system has no
/// such places.
#[cfg(target_os = "linux")]
fn known() -> Option<&'static AtomicU32> {
    use std::sync::OnceLock;

    static KNOWN: OnceLock<Option<&'static AtomicU32>> = OnceLock::new();
    *KNOWN.get_or_init(|| {
        const SIZE: usize = 4096;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a mapping where there was none.
        let page = unsafe { libc::mmap(std::ptr::null_mut(), SIZE, access, kind, -1, 0) };
        if page == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: the mapping was made here, and is empty.
        let is_wiped = unsafe { libc::madvise(page, SIZE, libc::MADV_WIPEONFORK) } == 0;
        // SAFETY: the mapping stays, its start is aligned as a page is, and holds zeros: a number.
        is_wiped.then(|| unsafe { &*page.cast::<AtomicU32>() })
    })
}

#[cfg(not(target_os = "linux"))]
fn known() -> Option<&'static AtomicU32> {
    None
}

/// The size of this process, in bytes.
pub(crate) fn size() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().next()?.parse().ok()?;
    // SAFETY: it only asks.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.checked_mul(u64::try_from(page).ok()?)
}

/// The bytes of memory that this process shares with no other, as far as the system says.
pub(crate) fn own_memory() -> u64 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Private_Dirty:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    1024 * kib.unwrap_or(0)
}

/// Copies of the process that runs the tests. A copy has open what the process has, with the locks of these files, until
/// it ends: so a test that finds a lock free again because this process gave it back has no other one fork meanwhile.
#[cfg(test)]
pub(crate) mod copies {
    use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

    static COPIES: RwLock<()> = RwLock::new(());

    /// Held by a test from before it forks until the copy has ended.
    pub(crate) fn made() -> RwLockWriteGuard<'static, ()> {
        COPIES.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held by a test for as long as there is to be no copy.
    pub(crate) fn none() -> RwLockReadGuard<'static, ()> {
        COPIES.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_forked_is_another() {
        assert_eq!((id(), id()), (process::id(), process::id()));
        let _copies = copies::made();
        // SAFETY: the copy only asks for numbers, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let is_right = id() == process::id() && id() == process::id();
            // SAFETY: it ends the copy, without anything of the tests.
            unsafe { libc::_exit(i32::from(!is_right)) };
        }
        let mut status = 0;
        // SAFETY: it writes the status alone.
        let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!((ended, status), (child, 0));
        assert_eq!(id(), process::id());
    }
}
