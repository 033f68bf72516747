//! What `waking.rs` is made of. Its model (`tests/loom`) replaces them by those of `loom`.

use std::cell::UnsafeCell;

pub(super) use std::sync::atomic::{AtomicUsize, fence};

/// A value whose owner changes.
pub(super) struct WakerPlace<T>(UnsafeCell<T>);

impl<T> WakerPlace<T> {
    pub(super) fn new(value: T) -> Self {
        WakerPlace(UnsafeCell::new(value))
    }

    /// # Safety
    ///
    /// Nothing else uses the value meanwhile.
    pub(super) unsafe fn with_mut<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: the caller's.
        change(unsafe { &mut *self.0.get() })
    }
}
