//! What holds are made of, from `loom`.

use loom::sync::{Mutex, MutexGuard, atomic};

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

    pub(crate) fn fetch_or(&self, value: usize, site: Site) -> usize {
        self.0.fetch_or(value, site.ordering())
    }

    pub(crate) fn fetch_add(&self, value: usize, site: Site) -> usize {
        self.0.fetch_add(value, site.ordering())
    }

    pub(crate) fn fetch_sub(&self, value: usize, site: Site) -> usize {
        self.0.fetch_sub(value, site.ordering())
    }
}

/// What is locked for moments.
pub(crate) struct Line<T>(Mutex<T>);

impl<T> Line<T> {
    pub(crate) fn new(value: T) -> Self {
        Line(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("no panic")
    }
}
