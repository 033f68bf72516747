//! `Arc` and `Weak` as std counts them (`alloc/src/sync.rs`, 1.95), over atomics of `loom`: the same
//! loads, stores and exchanges with the same orderings. `loom`'s own `Arc` has no weak ones.

use loom::sync::atomic::{AtomicUsize, Ordering, fence};
use loom::thread;

struct Counts<T> {
    strong: AtomicUsize,
    /// Weak ones, and one more for all owners together; the largest number while a thread makes sure
    /// that it is alone.
    weak: AtomicUsize,
    item: T,
}

pub(crate) struct Arc<T: 'static>(&'static Counts<T>);

pub(crate) struct Weak<T: 'static>(&'static Counts<T>);

impl<T> Arc<T> {
    pub(crate) fn new(item: T) -> Self {
        // Leaked: a model is about two uses of an item at once, not about when it is freed.
        Arc(Box::leak(Box::new(Counts {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(1),
            item,
        })))
    }

    pub(crate) fn strong_count(&self) -> usize {
        self.0.strong.load(Ordering::Relaxed)
    }

    pub(crate) fn weak_count(&self) -> usize {
        match self.0.weak.load(Ordering::Relaxed) {
            usize::MAX => 0,
            weak => weak - 1,
        }
    }

    /// The same two counts, by loads that see all that owners did that are gone.
    pub(crate) fn acquired_strong_count(&self) -> usize {
        self.0.strong.load(Ordering::Acquire)
    }

    pub(crate) fn acquired_weak_count(&self) -> usize {
        match self.0.weak.load(Ordering::Acquire) {
            usize::MAX => 0,
            weak => weak - 1,
        }
    }

    pub(crate) fn downgrade(&self) -> Weak<T> {
        let mut weak = self.0.weak.load(Ordering::Relaxed);
        loop {
            if weak == usize::MAX {
                thread::yield_now();
                weak = self.0.weak.load(Ordering::Relaxed);
                continue;
            }
            let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
            match (self.0.weak).compare_exchange(weak, weak + 1, success, failure) {
                Ok(_) => return Weak(self.0),
                Err(other) => weak = other,
            }
        }
    }

    /// Whether it is the only one, weak ones too: `get_mut(self).is_some()`.
    pub(crate) fn is_alone(&self) -> bool {
        let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
        let locked = (self.0.weak).compare_exchange(1, usize::MAX, success, failure);
        if locked.is_err() {
            return false;
        }
        let is_alone = self.0.strong.load(Ordering::Acquire) == 1;
        self.0.weak.store(1, Ordering::Release);
        is_alone
    }

    /// Gives up one count, in the place of an owner that stays where it is.
    pub(crate) fn give_up(&self) {
        drop(Arc(self.0));
    }

    /// The same of a weak one.
    pub(crate) fn give_up_weak(&self) {
        drop(Weak(self.0));
    }
}

impl<T> std::ops::Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.item
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        self.0.strong.fetch_add(1, Ordering::Relaxed);
        Arc(self.0)
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        if self.0.strong.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            drop(Weak(self.0));
        }
    }
}

impl<T> Weak<T> {
    /// The item, which is never freed here.
    pub(crate) fn item(&self) -> &'static T {
        &self.0.item
    }

    pub(crate) fn upgrade(&self) -> Option<Arc<T>> {
        let mut strong = self.0.strong.load(Ordering::Relaxed);
        loop {
            if strong == 0 {
                return None;
            }
            let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
            match (self.0.strong).compare_exchange(strong, strong + 1, success, failure) {
                Ok(_) => return Some(Arc(self.0)),
                Err(other) => strong = other,
            }
        }
    }
}

impl<T> Clone for Weak<T> {
    fn clone(&self) -> Self {
        self.0.weak.fetch_add(1, Ordering::Relaxed);
        Weak(self.0)
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        self.0.weak.fetch_sub(1, Ordering::Release);
    }
}
