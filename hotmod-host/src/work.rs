//! The host's own threads at work, and forks of the process, which wait for each other.
//!
//! A process that was forked has the thread that forked, and no other. What another thread had locked stays
//! locked there for ever. The author of a server knows what the server's threads do at that moment, and not
//! what the host's do: one may still look for calls that an update left behind, long after the update.
//!
//! - A thread of the host is at work from before it takes a lock of the host until it has given all back. It
//!   sleeps without any.
//! - The thread that forks waits until no thread is at work, and none begins until both processes exist.
//! - A thread that forks while it is at work itself, as for a rehearsal, waits for no other: that one may wait
//!   for what this one has locked. So may a thread of the host for a thread of the server that forks
//!   within an update; therefore no fork waits longer than [`LONGEST`].

use std::cell::{Cell, RefCell};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use crate::sys;

/// How long a fork waits. Long for what the host's threads do, short for a server that starts a program while
/// one of them carries out a long update.
const LONGEST: Duration = Duration::from_millis(200);

/// How many threads are at work.
static AT_WORK: Mutex<usize> = Mutex::new(0);
static DONE: Condvar = Condvar::new();

thread_local! {
    static IS_AT_WORK: Cell<bool> = const { Cell::new(false) };
    /// While this thread forks: no thread begins.
    static FORKS: RefCell<Option<MutexGuard<'static, usize>>> = const { RefCell::new(None) };
}

/// This thread is at work until this is dropped.
#[must_use]
pub(crate) struct Work {
    /// A thread that was at work before goes on to be.
    began: bool,
}

/// Begins to work. Waits for a fork that another thread makes.
pub(crate) fn begin() -> Work {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| sys::exit::around_forks(before, in_parent, in_child));
    let began = !IS_AT_WORK.replace(true);
    if began {
        *at_work() += 1;
    }
    Work { began }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.began {
            IS_AT_WORK.set(false);
            let mut at_work = at_work();
            *at_work -= 1;
            if *at_work == 0 {
                DONE.notify_all();
            }
        }
    }
}

fn at_work() -> MutexGuard<'static, usize> {
    // A number that is replaced whole.
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

extern "C" fn before() {
    let mut others = at_work();
    // A thread that ends may have no such flag any more, and is none of the host's at work.
    if !IS_AT_WORK.try_with(Cell::get).unwrap_or(false) {
        let waited = DONE.wait_timeout_while(others, LONGEST, |others| *others > 0);
        others = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
    let _ = FORKS.try_with(|forks| forks.replace(Some(others)));
}

extern "C" fn in_parent() {
    let _ = FORKS.try_with(RefCell::take);
}

extern "C" fn in_child() {
    let _ = FORKS.try_with(|forks| {
        if let Some(mut at_work) = forks.take() {
            // The others stayed in the parent.
            *at_work = usize::from(IS_AT_WORK.get());
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;
    use crate::sys::process::copies;

    /// Forks, and says whether the child found the flag set.
    fn child_finds(flag: &AtomicBool) -> bool {
        let _copies = copies::made();
        // SAFETY: the copy reads a flag, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let found = flag.load(Ordering::Relaxed) && *AT_WORK.try_lock().expect("free") == 0;
            // SAFETY: it ends the copy, without anything of the tests.
            unsafe { libc::_exit(i32::from(found)) };
        }
        let mut status = 0;
        // SAFETY: it writes the status alone.
        let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(ended, child);
        libc::WEXITSTATUS(status) == 1
    }

    #[test]
    fn a_fork_finds_no_thread_in_the_midst_of_its_work() {
        let (half, over) = (AtomicBool::new(false), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let _work = begin();
                    half.store(false, Ordering::Relaxed);
                    thread::yield_now();
                    half.store(true, Ordering::Relaxed);
                }
            });
            while !half.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            let is_whole = (0..100).all(|_| child_finds(&half));
            over.store(true, Ordering::Relaxed);
            assert!(is_whole);
        });
    }

    #[test]
    fn a_thread_that_is_at_work_forks_without_a_wait_for_itself() {
        let flag = AtomicBool::new(true);
        let outer = begin();
        drop(begin());
        let copies = copies::made();
        // SAFETY: the copy reads a number, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let found = *AT_WORK.try_lock().expect("free") == 1;
            // SAFETY: it ends the copy, without anything of the tests.
            unsafe { libc::_exit(i32::from(!found)) };
        }
        let mut status = 0;
        // SAFETY: it writes the status alone.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        drop((outer, copies));
        assert!(child_finds(&flag));
    }
}
