//! Blocks of memory for whole values.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use hotmod::operations::Operations;

use super::failure::Failure;
use crate::image::memory::{Exceeded, Memory};

/// The layout of a type's values.
pub(super) fn layout(operations: &Operations) -> Layout {
    Layout::from_size_align(operations.size, operations.align)
        .expect("bug in hotmod: a type's size and alignment are no layout")
}

/// A block of the host's own, for values on their way. Dropping it does not drop what is in it.
pub(super) struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

impl Block {
    pub(super) fn of(layout: Layout) -> Self {
        // A value of no bytes may need an alignment all the same, and an allocation needs a size.
        let size = layout.size().max(layout.align());
        let layout = Layout::from_size_align(size, layout.align())
            .expect("bug in hotmod: an alignment is no size");
        // SAFETY: an alignment is not nought, so the layout is not empty.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout);
        };
        Block { start, layout }
    }

    /// Where it starts, also after it was moved.
    pub(super) fn as_mut_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: `of` allocated the block with this layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// Fails if a migration may not take so many bytes more.
#[inline]
pub(super) fn affords(memory: &Memory, size: usize) -> Result<(), Failure> {
    memory.allows(size).map_err(|Exceeded { held, limit }| {
        Failure::for_now(format!(
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
