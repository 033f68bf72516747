//! What a [`RawLazy`](super::RawLazy) is made of. Its model (`tests/loom`) replaces it by that of `loom`.

pub(super) use std::sync::atomic::AtomicPtr;

use std::cell::UnsafeCell;

/// Where a value is.
#[repr(transparent)]
pub(super) struct Address(UnsafeCell<*mut u8>);

impl Address {
    pub(super) const fn new(address: *mut u8) -> Self {
        Address(UnsafeCell::new(address))
    }

    /// # Safety
    ///
    /// No thread writes it meanwhile.
    #[inline]
    pub(super) unsafe fn get(&self) -> *mut u8 {
        // SAFETY: the caller's.
        unsafe { *self.0.get() }
    }

    /// # Safety
    ///
    /// No other thread reads or writes it meanwhile.
    pub(super) unsafe fn set(&self, address: *mut u8) {
        // SAFETY: the caller's.
        unsafe { *self.0.get() = address };
    }
}
