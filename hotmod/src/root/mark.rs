//! Where a thread is among its calls: kept by the host, asked by modules.
//!
//! A module needs to know it only when something panics, but would pay for it in every call: a
//! thread-local of a loaded library costs a function call each time, one of an executable hardly
//! anything.

use abi_stable::StableAbi;

/// Where a thread is among its calls. Two marks are equal if nothing of the module was entered or
/// left between them, other than what was both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, StableAbi)]
#[repr(C)]
pub struct Mark {
    /// How many exports and operations run on the thread, one inside the other.
    pub depth: u32,
    /// Whether the host wants the backtrace of a panic now.
    pub traced: bool,
    /// Which call the innermost is: another number for each at this depth.
    pub call: u64,
}

impl Mark {
    /// Whether the thread is inside an export or operation.
    pub(crate) fn is_inside(self) -> bool {
        self.depth > 0
    }
}
