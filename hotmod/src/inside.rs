//! Whether a thread is inside an export: kept by the host, asked by modules.
//!
//! A module needs to know it only when something panics, but would pay for it in every call: a
//! thread-local of a loaded library costs a function call each time, one of an executable hardly
//! anything.

use std::cell::Cell;

use abi_stable::StableAbi;

thread_local! {
    /// Counts what was begun. Apart from the depth: leaving can then put that back without reading
    /// what entering has just written, on which the next call would wait.
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static WITHIN: Cell<u64> = const { Cell::new(0) };
}

/// In a [`Mark`], how many exports and operations run on the thread, one inside the other.
const DEPTH: u64 = i32::MAX as u64;
/// In a [`Mark`], that nobody gets the backtrace of a panic now.
const UNTRACED: u64 = DEPTH + 1;
/// In a [`Mark`], one export or operation more that was begun.
const BEGUN: u64 = 2 * UNTRACED;

/// A thread is inside an export or operation until this is dropped.
#[must_use]
pub struct Inside {
    /// The depth before, and whether it was traced.
    before: u64,
}

/// Before an export is called.
#[inline]
pub fn enter() -> Inside {
    begin(0)
}

/// Before an operation on a state is called: one that fails has an error to tell, and no backtrace,
/// which would be long in the making.
#[inline]
pub fn enter_operation() -> Inside {
    begin(UNTRACED)
}

#[inline]
fn begin(traced: u64) -> Inside {
    CALLS.set(CALLS.get().wrapping_add(BEGUN));
    let before = WITHIN.get();
    WITHIN.set((before & DEPTH) + 1 + traced);
    Inside { before }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        WITHIN.set(self.before);
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
        Mark(CALLS.get() | WITHIN.get())
    }

    /// Whether the thread is inside an export or operation.
    pub(crate) fn is_inside(self) -> bool {
        self.0 & DEPTH != 0
    }

    /// Whether somebody gets the backtrace of a panic now.
    pub(crate) fn is_traced(self) -> bool {
        self.0 & UNTRACED == 0
    }

    /// Whether no export was begun between the two.
    pub(crate) fn is_of_one_call(self, other: Mark) -> bool {
        self.0 / BEGUN == other.0 / BEGUN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_inside_until_it_has_left_as_often_as_it_entered() {
        let mark = Mark::of_this_thread;
        let outside = mark();
        assert!(!outside.is_inside());
        let call = enter();
        let within = mark();
        assert!(within.is_inside() && within.is_traced());
        assert!(!within.is_of_one_call(outside));
        {
            let _operation = enter_operation();
            assert!(mark().is_inside() && !mark().is_traced());
            let _call = enter();
            assert!(mark().is_inside() && mark().is_traced());
        }
        assert!(mark().is_inside() && mark().is_traced());
        drop(call);
        assert!(!mark().is_inside() && mark().is_traced());
    }
}
