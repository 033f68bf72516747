//! Waking those who have something to do when a version is published.

use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

/// Whom a module wakes.
#[derive(Default)]
pub(crate) struct Wakers(Mutex<Vec<Weak<Bell>>>);

impl Wakers {
    /// Wakes this one from now on, until it is dropped.
    pub(crate) fn add(&self, bell: &Arc<Bell>) {
        let mut bells = self.0.lock();
        bells.retain(|known| known.strong_count() > 0);
        bells.push(Arc::downgrade(bell));
    }

    /// After something was published.
    pub(crate) fn ring(&self) {
        for bell in self.0.lock().iter().filter_map(Weak::upgrade) {
            bell.ring();
        }
    }
}

/// What a thread sleeps on until there is something to do.
#[derive(Default)]
pub(crate) struct Bell {
    told: Mutex<Told>,
    changed: Condvar,
}

#[derive(Default)]
struct Told {
    news: bool,
    end: bool,
}

impl Bell {
    /// There is something to do.
    pub(crate) fn ring(&self) {
        self.told.lock().news = true;
        self.changed.notify_all();
    }

    /// The thread is to end.
    pub(crate) fn end(&self) {
        self.told.lock().end = true;
        self.changed.notify_all();
    }

    /// Sleeps until it is time, and, if there is nothing left to do, until there is. `false` if the
    /// thread is to end.
    pub(crate) fn sleep(&self, idle: bool, until: Instant) -> bool {
        let mut told = self.told.lock();
        loop {
            if told.end {
                return false;
            }
            if idle && !told.news {
                self.changed.wait(&mut told);
            } else if self.changed.wait_until(&mut told, until).timed_out() {
                // What is told from here on, the work that follows may miss.
                told.news = false;
                return !told.end;
            }
        }
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
