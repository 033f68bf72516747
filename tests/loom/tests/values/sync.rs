//! What a value is guarded by and what threads wait by, from `loom`.

use loom::cell::UnsafeCell;
use loom::sync::atomic;

pub(crate) use loom::sync::{Arc, Condvar, Mutex};
pub(crate) use std::sync::PoisonError;

pub(crate) use crate::lazy::RawLazy;
use crate::ordering::Site;
pub(crate) use crate::table::Stamp;

pub(crate) struct AtomicPtr<T>(atomic::AtomicPtr<T>);

impl<T> AtomicPtr<T> {
    pub(crate) fn new(value: *mut T) -> Self {
        AtomicPtr(atomic::AtomicPtr::new(value))
    }

    pub(crate) fn load(&self, site: Site) -> *mut T {
        self.0.load(site.ordering())
    }

    pub(crate) fn swap(&self, value: *mut T, site: Site) -> *mut T {
        self.0.swap(value, site.ordering())
    }

    pub(crate) fn compare_exchange(
        &self,
        from: *mut T,
        to: *mut T,
        found: Site,
        other: Site,
    ) -> Result<*mut T, *mut T> {
        let orderings = (found.ordering(), other.ordering());
        self.0.compare_exchange(from, to, orderings.0, orderings.1)
    }
}

/// Where a value is.
pub(crate) struct Address(UnsafeCell<*mut u8>);

impl Address {
    pub(crate) fn new(address: *mut u8) -> Self {
        Address(UnsafeCell::new(address))
    }

    /// # Safety
    ///
    /// `loom` finds out whether a thread writes it meanwhile.
    pub(crate) unsafe fn get(&self) -> *mut u8 {
        // SAFETY: `loom` has seen that no thread writes it.
        self.0.with(|address| unsafe { *address })
    }

    /// # Safety
    ///
    /// `loom` finds out whether another thread uses it meanwhile.
    pub(crate) unsafe fn set(&self, address: *mut u8) {
        // SAFETY: `loom` has seen that no other thread uses it.
        self.0.with_mut(|value| unsafe { *value = address });
    }
}
