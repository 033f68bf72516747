//! The right to update a module, which one thread has at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::sys::process;

/// Whose turn it is. Unlike a lock, the turn is free again in a process that was forked while another
/// thread had it: that thread does not exist there, and what it had begun was not published.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// The process of the thread that has the turn.
    process: Mutex<Option<u32>>,
    over: Condvar,
}

/// It is this thread's turn until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits until no other thread has the turn, and takes it.
    pub(crate) fn wait(&self) -> Turn<'_> {
        let this = process::id();
        let is_taken = |process: &mut Option<u32>| *process == Some(this);
        let process = self.over.wait_while(self.process(), is_taken);
        *process.unwrap_or_else(PoisonError::into_inner) = Some(this);
        Turn(self)
    }

    /// As [`wait`](Turns::wait), but gives `None` instead of waiting.
    pub(crate) fn take(&self) -> Option<Turn<'_>> {
        let this = process::id();
        let mut process = self.process();
        if *process == Some(this) {
            return None;
        }
        *process = Some(this);
        Some(Turn(self))
    }

    fn process(&self) -> MutexGuard<'_, Option<u32>> {
        // The value is replaced in one store.
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.process() = None;
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
                        let turn = turns.wait();
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                        assert!(turns.take().is_none());
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
        *turns.process() = Some(process::id().wrapping_add(1));
        drop(turns.wait());
        *turns.process() = Some(process::id().wrapping_add(1));
        drop(turns.take().expect("a free turn"));
    }
}
