//! Whether a thread is inside an export: kept by the host, asked by modules.
//!
//! A module needs to know it only when something panics, but would pay for it in every call: a
//! thread-local of a loaded library costs a function call each time, one of an executable hardly
//! anything.

use std::cell::Cell;

use abi_stable::StableAbi;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// In a [`Mark`], how many exports run on the thread, one inside the other.
const DEPTH: u64 = u32::MAX as u64;
/// In a [`Mark`], one export more that was begun.
const BEGUN: u64 = DEPTH + 1;

/// A thread is inside an export until this is dropped.
#[must_use]
pub struct Inside(());

/// Before anything of a module is called, an export or one of its operations.
#[inline]
pub fn enter() -> Inside {
    CALLS.set(CALLS.get().wrapping_add(BEGUN + 1));
    Inside(())
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        CALLS.set(CALLS.get().wrapping_sub(1));
    }
}

/// Where a thread is among its calls.
#[derive(Clone, Copy, StableAbi)]
#[repr(transparent)]
pub struct Mark(u64);

impl Mark {
    /// The mark of this thread. Only the host's means anything.
    #[must_use]
    pub extern "C" fn of_this_thread() -> Self {
        Mark(CALLS.get())
    }

    /// Whether the thread is inside an export.
    pub(crate) fn is_inside(self) -> bool {
        self.0 & DEPTH != 0
    }

    /// Whether no export was begun between the two.
    pub(crate) fn is_of_one_call(self, other: Mark) -> bool {
        self.0 / BEGUN == other.0 / BEGUN
    }
}
