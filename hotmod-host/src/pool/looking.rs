//! How a thread comes by the lock of an entry: it looks whether that is free for as long as a few calls take, before it
//! goes to sleep.
//!
//! A thread that sleeps has to be woken, by whoever gives the lock back. So with some that sleep all calls take longer, and
//! more threads come to sleep: once it has come to that, it stays so.

use std::hint;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// For how long to look.
const WITHIN: Duration = Duration::from_micros(20);

/// How often to look before looking at the clock.
const LOOKS: u32 = 8;

/// So many threads do something now. It is a hint for others.
#[derive(Default)]
pub(super) struct HowMany(AtomicU32);

/// One of them, until this is dropped.
pub(super) struct CountedIn<'d>(&'d AtomicU32);

impl HowMany {
    pub(super) fn begin(&self) -> CountedIn<'_> {
        // Relaxed, as all of it: a number that says nothing of anything else.
        self.0.fetch_add(1, Ordering::Relaxed);
        CountedIn(&self.0)
    }

    pub(super) fn is_any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

impl Drop for CountedIn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The threads that look for a lock.
#[derive(Default)]
pub(super) struct LockLookers(HowMany);

impl LockLookers {
    /// Comes by the lock, if it is free and no other thread looks for it.
    #[inline]
    pub(super) fn at_once<T>(&self, attempt: impl FnOnce() -> Option<T>) -> Option<T> {
        if self.0.is_any() { None } else { attempt() }
    }

    /// Looks for the lock for a while.
    #[cold]
    pub(super) fn soon<T>(&self, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
        let start = Instant::now();
        if self.0.is_any() {
            // A thread that has given the lock back just now would have it again before the others see that it was free.
            (0..LOOKS).for_each(|_| hint::spin_loop());
        }
        let _looks = self.0.begin();
        while start.elapsed() < WITHIN {
            for _ in 0..LOOKS {
                if let Some(got) = attempt() {
                    return Some(got);
                }
                hint::spin_loop();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_come_by_at_once() {
        let looking = LockLookers::default();
        assert_eq!(looking.at_once(|| Some(1)), Some(1));
        assert_eq!(looking.at_once(|| None::<u8>), None);
    }

    #[test]
    fn who_comes_later_leaves_it_to_those_who_look() {
        let looking = LockLookers::default();
        let mut looks = 0;
        let got = looking.soon(|| {
            assert_eq!(looking.at_once(|| Some(1)), None);
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(got, Some(3));
        assert_eq!(looking.at_once(|| Some(1)), Some(1));
    }

    #[test]
    fn looking_has_an_end() {
        let looking = LockLookers::default();
        assert_eq!(looking.soon(|| None::<u8>), None);
        assert!(!looking.0.is_any());
    }
}
