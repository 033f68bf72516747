//! What wakes are made of, from `loom`.

use loom::cell::UnsafeCell;
use loom::sync::atomic;

use crate::ordering::Site;

pub(crate) struct AtomicUsize(atomic::AtomicUsize);

impl AtomicUsize {
    pub(crate) fn new(value: usize) -> Self {
        AtomicUsize(atomic::AtomicUsize::new(value))
    }

    pub(crate) fn load(&self, site: Site) -> usize {
        self.0.load(site.ordering())
    }

    pub(crate) fn compare_exchange(
        &self,
        from: usize,
        to: usize,
        found: Site,
        other: Site,
    ) -> Result<usize, usize> {
        let orderings = (found.ordering(), other.ordering());
        self.0.compare_exchange(from, to, orderings.0, orderings.1)
    }

    pub(crate) fn fetch_add(&self, value: usize, site: Site) -> usize {
        self.0.fetch_add(value, site.ordering())
    }

    pub(crate) fn fetch_sub(&self, value: usize, site: Site) -> usize {
        self.0.fetch_sub(value, site.ordering())
    }
}

pub(crate) fn fence(site: Site) {
    // A fence cannot be relaxed: it is left out.
    if site.ordering() != std::sync::atomic::Ordering::Relaxed {
        atomic::fence(site.ordering());
    }
}

/// A value whose owner changes.
pub(crate) struct WakerPlace<T>(UnsafeCell<T>);

impl<T> WakerPlace<T> {
    pub(crate) fn new(value: T) -> Self {
        WakerPlace(UnsafeCell::new(value))
    }

    /// # Safety
    ///
    /// `loom` finds out whether another thread uses it meanwhile.
    pub(crate) unsafe fn with_mut<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: `loom` has seen that no other thread uses it.
        self.0.with_mut(|value| change(unsafe { &mut *value }))
    }
}
