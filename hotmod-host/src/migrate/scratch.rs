//! Room for a value on its way into a container that takes it by pointer.

use std::alloc::Layout;
use std::mem::MaybeUninit;

use hotmod::operations::Operations;

use super::block::{Block, layout};

/// Room for items that are converted where they are.
#[repr(align(64))]
pub(super) struct ItemRoom(pub(super) [MaybeUninit<u8>; ItemRoom::SIZE]);

impl ItemRoom {
    pub(super) const SIZE: usize = 4096;

    pub(super) fn new() -> Self {
        ItemRoom([MaybeUninit::uninit(); ItemRoom::SIZE])
    }
}

/// Room for one value of a type, or for a few. Up to `UNITS` units of 16 bytes need no allocation. Dropping the
/// room does not drop the value.
pub(crate) struct Scratch<const UNITS: usize = 8> {
    inline: MaybeUninit<[u128; UNITS]>,
    heap: Option<Block>,
}

impl Scratch {
    pub(crate) fn new(operations: &Operations) -> Self {
        Scratch::of(layout(operations))
    }
}

#[cfg(feature = "inspect")]
impl Scratch<0> {
    /// Room that stays where it is when the scratch is moved.
    pub(crate) fn allocated(operations: &Operations) -> Self {
        Scratch::of(layout(operations))
    }
}

impl<const UNITS: usize> Scratch<UNITS> {
    /// Room of this layout.
    #[inline]
    pub(super) fn of(layout: Layout) -> Self {
        Scratch {
            inline: MaybeUninit::uninit(),
            heap: (!Self::holds(layout)).then(|| Block::of(layout)),
        }
    }

    /// Whether room of this layout needs no allocation.
    #[inline]
    pub(super) fn holds(layout: Layout) -> bool {
        layout.size() <= size_of::<[u128; UNITS]>() && layout.align() <= align_of::<u128>()
    }

    /// The room. It moves with the scratch, so ask again after moving it.
    #[inline]
    pub(super) fn as_mut_ptr(&mut self) -> *mut u8 {
        match &self.heap {
            Some(block) => block.as_mut_ptr(),
            None => self.inline.as_mut_ptr().cast(),
        }
    }
}
