//! Room for a value on its way into a container that takes it by pointer.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::mem::MaybeUninit;

use hotmod::operations::Operations;

/// Room for items that are converted where they are.
#[repr(align(64))]
pub(super) struct ItemRoom(pub(super) [MaybeUninit<u8>; ItemRoom::SIZE]);

impl ItemRoom {
    pub(super) const SIZE: usize = 4096;

    pub(super) fn new() -> Self {
        ItemRoom([MaybeUninit::uninit(); ItemRoom::SIZE])
    }
}

/// How much room needs no allocation, in bytes.
const INLINE: usize = 128;

/// Room for one value of a type. Dropping the room does not drop the value.
pub(super) struct Scratch {
    inline: MaybeUninit<[u128; INLINE / 16]>,
    heap: Option<(*mut u8, Layout)>,
}

impl Scratch {
    pub(super) fn new(operations: &Operations) -> Self {
        Scratch::of(super::block::layout(operations))
    }

    /// Room of this layout.
    pub(super) fn of(layout: Layout) -> Self {
        let fits = layout.size() <= INLINE && layout.align() <= align_of::<u128>();
        let heap = (!fits).then(|| {
            // A value of no bytes may need an alignment all the same, and an allocation needs a size.
            let size = layout.size().max(layout.align());
            let layout = Layout::from_size_align(size, layout.align())
                .expect("bug in hotmod: an alignment is no size");
            // SAFETY: an alignment is not nought, so the layout is not empty.
            let block = unsafe { alloc(layout) };
            if block.is_null() {
                handle_alloc_error(layout);
            }
            (block, layout)
        });
        Scratch {
            inline: MaybeUninit::uninit(),
            heap,
        }
    }

    /// The room. It moves with the scratch, so ask again after moving it.
    pub(super) fn as_mut_ptr(&mut self) -> *mut u8 {
        match self.heap {
            Some((block, _)) => block,
            None => self.inline.as_mut_ptr().cast(),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some((block, layout)) = self.heap {
            // SAFETY: `new` allocated the block with this layout.
            unsafe { dealloc(block, layout) };
        }
    }
}
