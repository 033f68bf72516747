//! Wakes threads that have something to do when a version is published.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::Instant;

use crate::sys::process;
use crate::work;

/// The bells that a module rings.
#[derive(Default)]
pub(crate) struct Wakers(Mutex<Vec<Weak<Bell>>>);

impl Wakers {
    /// Rings this bell from now on, until it is dropped.
    pub(crate) fn add(&self, bell: &Arc<Bell>) {
        let mut bells = self.bells();
        bells.retain(|known| known.strong_count() > 0);
        bells.push(Arc::downgrade(bell));
    }

    /// Rings every bell. To be called after a publication.
    pub(crate) fn ring(&self) {
        for bell in self.bells().iter().filter_map(Weak::upgrade) {
            bell.ring();
        }
    }

    /// Has this process go on with what was told in the process that it was forked from.
    pub(crate) fn go_on(&self) {
        for bell in self.bells().iter().filter_map(Weak::upgrade) {
            if bell.told().is_elsewhere() {
                bell.ring();
            }
        }
    }

    fn bells(&self) -> MutexGuard<'_, Vec<Weak<Bell>>> {
        // They are added and removed whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a thread sleeps on until there is something to do. It sleeps without the lock, and takes it at work
/// alone, so that a process that is forked meanwhile finds the lock free.
#[derive(Default)]
pub(crate) struct Bell {
    told: Mutex<News>,
}

#[derive(Default)]
struct News {
    news: bool,
    end: bool,
    sleeper: Option<Sleeper>,
    /// The thread that sleeps, or slept last.
    thread: Option<Thread>,
}

impl News {
    /// Whether the thread that slept here stayed in another process.
    fn is_elsewhere(&self) -> bool {
        let sleeper = self.sleeper.as_ref();
        sleeper.is_some_and(|it| it.process != process::id())
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

/// A thread of this process, or of one that it was forked from.
struct Sleeper {
    process: u32,
    start: Box<dyn Fn() + Send>,
}

impl Bell {
    /// Notes that a thread was started to sleep here. In a process that was forked since, `start` starts it
    /// again when there is something to do.
    pub(crate) fn wakes(&self, start: impl Fn() + Send + 'static) {
        self.told().sleeper = Some(Sleeper {
            process: process::id(),
            start: Box::new(start),
        });
    }

    /// Tells the thread that there is something to do.
    pub(crate) fn ring(&self) {
        let mut told = self.told();
        told.news = true;
        if let Some(sleeper) = &mut told.sleeper
            && sleeper.process != process::id()
        {
            sleeper.process = process::id();
            (sleeper.start)();
        }
        told.wake();
    }

    /// Whether there is a thread that it wakes, and goes on to wake.
    pub(crate) fn has_sleeper(&self) -> bool {
        let told = self.told();
        told.sleeper.is_some() && !told.end
    }

    /// Tells the thread to end.
    pub(crate) fn end(&self) {
        let mut told = self.told();
        told.end = true;
        told.sleeper = None;
        told.wake();
    }

    /// Sleeps until the time has come. A thread that is idle sleeps on until it is told that there is
    /// something to do. Returns `false` if the thread is to end.
    pub(crate) fn sleep(&self, idle: bool, until: Instant) -> bool {
        loop {
            let work = work::begin();
            let mut told = self.told();
            told.thread = Some(thread::current());
            if told.end {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            let sleeps_on = idle && !told.news;
            if !sleeps_on && left.is_zero() {
                // The work that follows may miss news that comes from here on, so `news` is cleared
                // before it.
                told.news = false;
                return true;
            }
            drop(told);
            drop(work);
            // What wakes the thread before it sleeps is not lost.
            if sleeps_on {
                thread::park();
            } else {
                thread::park_timeout(left);
            }
        }
    }

    fn told(&self) -> MutexGuard<'_, News> {
        // Flags, and a sleeper that is replaced whole.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_idle_thread_sleeps_until_it_is_told() {
        let bell = Arc::new(Bell::default());
        let wakers = Wakers::default();
        wakers.add(&bell);
        let sleeper = thread::spawn({
            let bell = bell.clone();
            move || bell.sleep(true, Instant::now())
        });
        wakers.ring();
        assert!(sleeper.join().expect("a thread"));
    }

    #[test]
    fn what_was_told_before_is_not_missed() {
        let bell = Bell::default();
        bell.ring();
        assert!(bell.sleep(true, Instant::now()));
        assert!(bell.sleep(false, Instant::now()));
    }

    #[test]
    fn the_end_waits_for_no_time() {
        let bell = Arc::new(Bell::default());
        let far = Instant::now() + Duration::from_secs(3600);
        let sleeper = thread::spawn({
            let bell = bell.clone();
            move || bell.sleep(false, far)
        });
        bell.end();
        assert!(!sleeper.join().expect("a thread"));
    }
}
