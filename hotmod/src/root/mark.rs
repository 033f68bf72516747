//! Where a thread is among its calls: the host keeps it, and modules ask for it.
//!
//! A module needs it only when something panics, but would pay in every call if it kept it itself: a
//! thread-local of a loaded library costs a function call each time, a thread-local of an executable
//! hardly anything.

use abi_stable::StableAbi;

/// Where a thread is among its calls. Two marks are equal if the thread was in the same call of the
/// module at both: every call that it entered between them has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, StableAbi)]
#[repr(C)]
pub struct Mark {
    /// How many exports and operations run on the thread, one inside the other.
    pub depth: u32,
    /// Whether the host wants the addresses of a panic's stack (`RUST_BACKTRACE`).
    pub traced: bool,
    /// The number of the innermost call: each call at this depth has another number.
    pub call: u64,
}

impl Mark {
    /// Whether the thread is inside an export or operation.
    pub(crate) fn is_inside(self) -> bool {
        self.depth > 0
    }
}
