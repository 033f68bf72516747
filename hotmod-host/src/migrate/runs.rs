//! Runs: items that lie one after the other, and the blocks that they lie in.
//!
//! As with everything that is done at an [`At`], each function says what has to be there.

use std::alloc::Layout;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use hotmod::operations::{Many, Operations, Run, Slice};

use crate::image::memory::Memory;

use super::at::At;
use super::column::{BLOCK, Column};

/// The runs of many containers whose items lie one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Runs {
    runs: [MaybeUninit<Run>; BLOCK],
    len: usize,
}

impl Runs {
    pub(super) fn new() -> Self {
        Runs {
            runs: [MaybeUninit::uninit(); BLOCK],
            len: 0,
        }
    }

    /// The runs of containers, at most a block of them.
    ///
    /// # Safety
    ///
    /// `len` values of these operations' type are there, each `stride` bytes after the one before.
    #[inline]
    pub(crate) unsafe fn of(slice: &Slice, values: At, stride: usize, len: usize) -> Self {
        let mut runs = Runs::new();
        runs.len = len.min(BLOCK);
        let values = Many {
            first: values.0,
            stride,
            len: runs.len,
        };
        // SAFETY: the caller passes such values; there is room for so many runs.
        unsafe { (slice.runs)(values, runs.runs.as_mut_ptr().cast()) };
        runs
    }

    #[inline]
    pub(super) fn push(&mut self, run: Run) {
        self.runs[self.len].write(run);
        self.len += 1;
    }

    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Run> {
        self.as_slice().iter().copied()
    }

    #[inline]
    fn as_slice(&self) -> &[Run] {
        let written = &self.runs[..self.len];
        // SAFETY: `of` and `push` wrote the first `len` runs.
        unsafe { &*(std::ptr::from_ref(written) as *const [Run]) }
    }

    /// Builds a container of each run, all of which are given up.
    ///
    /// # Safety
    ///
    /// There is room for as many values of these operations' type, each `stride` bytes after the one before.
    /// The runs are of their items, in blocks that the host's allocator gave for them, and are given up.
    #[inline]
    pub(super) unsafe fn build(&self, slice: &Slice, to: At, stride: usize) {
        let slots = Many {
            first: to.0,
            stride,
            len: self.len,
        };
        // SAFETY: the caller passes such room, and such runs.
        unsafe { (slice.build)(slots, self.runs.as_ptr().cast()) };
    }
}

/// The first item of a run.
#[inline]
pub(crate) fn first(run: Run) -> At {
    At(run.first)
}

/// Takes room for a run of `len` items; `None` if there is no memory.
#[inline]
pub(super) fn room(memory: &Memory, items: &Operations, len: usize) -> Option<Run> {
    let size = len.checked_mul(items.size)?;
    let layout = Layout::from_size_align(size, items.align).ok()?;
    Some(Run {
        first: memory.take_to_fill(layout)?.as_ptr(),
        len,
        capacity: len,
    })
}

/// Gives back the block of a run, but not its items.
///
/// # Safety
///
/// The block of the run has room for as many of these items as its capacity says, and is given up. [`room`]
/// took it, or it belonged to a container of such items.
#[inline]
pub(super) unsafe fn give_back(memory: &Memory, items: &Operations, run: Run) {
    // Of items without a size, a run may have any capacity.
    let size = run.capacity.saturating_mul(items.size);
    let layout = Layout::from_size_align(size, items.align)
        .expect("bug in hotmod: a block that is there has no layout");
    let first = NonNull::new(run.first).expect("bug in hotmod: a run without a place");
    // SAFETY: the caller passes such a block, which has the layout of an array of the items.
    unsafe { memory.give_back(first, layout) };
}

/// Converts the same part of each item of many runs, where they are.
///
/// # Safety
///
/// Each item of the runs has `item` bytes. In it, the column's old part is at the first offset, and there is
/// room for the new part at the second. If the column copies, the two do not overlap.
#[inline]
pub(super) unsafe fn column_in_runs(
    column: Column,
    runs: &Runs,
    offsets: (usize, usize),
    item: usize,
) {
    // SAFETY: the caller passes such runs.
    unsafe { column.each_in_runs(runs.as_slice(), offsets, item) };
}
