//! Blocks of memory for whole values.

use std::alloc::Layout;
use std::ptr::NonNull;

use hotmod::operations::Operations;

use super::failure::Failure;
use crate::image::memory::{Exceeded, Memory};

/// The layout of a type's values.
pub(super) fn layout(operations: &Operations) -> Layout {
    Layout::from_size_align(operations.size, operations.align)
        .expect("bug in hotmod: a type's size and alignment are no layout")
}

/// Fails if a migration may not take so many bytes more.
#[inline]
pub(super) fn affords(memory: &Memory, size: usize) -> Result<(), Failure> {
    memory.allows(size).map_err(|Exceeded { held, limit }| {
        Failure::new(format!(
            "there is no memory for it: the module would hold {held} bytes, and may hold {limit}"
        ))
    })
}

/// Gives back the memory of a state whose value is gone.
///
/// # Safety
///
/// `state` is a block of these operations' type, taken from this memory by the module or by a
/// migration, and no code uses it afterwards.
pub(crate) unsafe fn free(memory: &Memory, operations: &Operations, state: NonNull<u8>) {
    // SAFETY: the block has this layout, and the caller gives it up.
    unsafe { memory.give_back(state, layout(operations)) };
}
