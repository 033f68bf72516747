//! The right to update a module, which one thread has at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
#[cfg(feature = "signals")]
use std::time::Instant;

use crate::helping::is_this_or_helped;
use crate::sys::process;

/// Whose turn it is. Unlike a lock, the turn is free again in a process that was forked while another
/// thread had it: that thread does not exist there, and what it had begun was not published.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// The thread that has the turn, and its process.
    taken: Mutex<Option<(u32, ThreadId)>>,
    over: Condvar,
}

/// It is this thread's turn until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits until no other thread has the turn, and takes it. `None` if this thread has it, or the one that it
    /// helps: what runs in a turn, such as a module's own function that sets a version up, would wait for itself.
    pub(crate) fn wait(&self) -> Option<Turn<'_>> {
        let this = (process::id(), thread::current().id());
        let mut taken = self.taken();
        if taken.is_some_and(|(of, thread)| of == this.0 && is_this_or_helped(thread)) {
            return None;
        }
        let is_taken = |taken: &mut Option<(u32, ThreadId)>| is_of(*taken, this.0);
        taken = match self.over.wait_while(taken, is_taken) {
            Ok(taken) => taken,
            Err(poisoned) => poisoned.into_inner(),
        };
        *taken = Some(this);
        Some(Turn(self))
    }

    /// Waits until no other thread has the turn, or the deadline has come, and takes no turn. `false` if another thread
    /// has it then.
    #[cfg(feature = "signals")]
    pub(crate) fn is_free_by(&self, deadline: Instant) -> bool {
        let of = process::id();
        let left = deadline.saturating_duration_since(Instant::now());
        let is_taken = |taken: &mut Option<(u32, ThreadId)>| is_of(*taken, of);
        let waited = self.over.wait_timeout_while(self.taken(), left, is_taken);
        let (taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let is_free = !is_of(*taken, of);
        drop(taken);
        // The turn that was over was told to one thread, which may have been this one.
        self.over.notify_one();
        is_free
    }

    /// As [`wait`](Turns::wait), but gives `None` instead of waiting.
    pub(crate) fn take(&self) -> Option<Turn<'_>> {
        let this = (process::id(), thread::current().id());
        let mut taken = self.taken();
        if is_of(*taken, this.0) {
            return None;
        }
        *taken = Some(this);
        Some(Turn(self))
    }

    fn taken(&self) -> MutexGuard<'_, Option<(u32, ThreadId)>> {
        // The value is replaced as a whole.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a thread of this process has the turn.
fn is_of(taken: Option<(u32, ThreadId)>, process: u32) -> bool {
    taken.is_some_and(|(of, _)| of == process)
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.taken() = None;
        self.0.over.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn it_is_one_threads_turn_at_a_time() {
        let turns = Turns::default();
        let (inside, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let turn = turns.wait().expect("another thread's turn ends");
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                        assert!(turns.take().is_none());
                        assert!(turns.wait().is_none(), "it would wait for itself");
                        all.fetch_add(1, Ordering::Relaxed);
                        inside.fetch_sub(1, Ordering::Relaxed);
                        drop(turn);
                    }
                });
            }
        });
        assert_eq!(all.into_inner(), 4000);
        assert!(turns.take().is_some());
    }

    #[test]
    fn a_turn_that_a_thread_of_another_process_had_is_over() {
        let turns = Turns::default();
        let other = (process::id().wrapping_add(1), thread::current().id());
        *turns.taken() = Some(other);
        drop(turns.wait().expect("a free turn"));
        *turns.taken() = Some(other);
        drop(turns.take().expect("a free turn"));
    }
}
