//! Conversions that are a list of copies, widenings and constants.
//!
//! They cannot fail and take no memory, and the new value owns only what the old value owns too. Structs
//! are converted part by part instead of item by item: each part's conversion is looked up once for many
//! items.

use std::mem::MaybeUninit;

use super::at::{self, At};
use super::column::{Column, Strides};
use super::runs::{self, Runs};

/// The steps that convert each item of a run.
#[derive(Clone, Default)]
pub(super) struct FlatSteps {
    parts: Vec<FlatPart>,
    constants: Vec<Constant>,
}

/// A part that is copied or widened: where from, where to and how.
#[derive(Clone, Copy)]
struct FlatPart {
    from: usize,
    to: usize,
    copied: bool,
    column: Column,
}

/// The bytes of a value that owns nothing, and where they go.
#[derive(Clone)]
struct Constant {
    to: usize,
    bytes: Box<[MaybeUninit<u8>]>,
    column: Column,
}

/// Where some bytes start, and how many they are.
pub(super) type Span = (usize, usize);

impl FlatSteps {
    pub(super) fn copy(&mut self, from: usize, to: usize, size: usize) {
        self.parts.push(FlatPart {
            from,
            to,
            copied: true,
            column: Column::copy(size),
        });
    }

    pub(super) fn widen(&mut self, from: usize, to: usize, column: Column) {
        self.parts.push(FlatPart {
            from,
            to,
            copied: false,
            column,
        });
    }

    pub(super) fn constant(&mut self, to: usize, bytes: Box<[MaybeUninit<u8>]>) {
        let column = Column::copy(bytes.len());
        self.constants.push(Constant { to, bytes, column });
    }

    /// Adds the steps of another conversion, for a part that starts at these offsets.
    pub(super) fn inline(&mut self, part: FlatSteps, from: usize, to: usize) {
        self.parts.extend(part.parts.iter().map(|part| FlatPart {
            from: from + part.from,
            to: to + part.to,
            ..*part
        }));
        let constants = part.constants.into_iter();
        self.constants.extend(constants.map(|constant| Constant {
            to: to + constant.to,
            ..constant
        }));
    }

    /// Merges copies that continue each other on both sides.
    pub(super) fn merge(&mut self) {
        self.parts.sort_by_key(|part| (!part.copied, part.from));
        self.parts.dedup_by(|next, last| {
            let size = last.column.read;
            let follows = (last.from + size, last.to + size) == (next.from, next.to);
            let merges = last.copied && next.copied && follows;
            if merges {
                last.column = Column::copy(size + next.column.read);
            }
            merges
        });
    }

    /// Converts each item.
    ///
    /// # Safety
    ///
    /// This was compiled for the values at `from` and the room at `to`, by these strides, and the two do not
    /// overlap where it copies.
    #[inline]
    pub(super) unsafe fn apply(&self, from: At, to: At, strides: Strides) {
        for part in &self.parts {
            let (from, to) = (from.part(part.from), to.part(part.to));
            // SAFETY: the column is for what is at these offsets.
            unsafe { at::column(part.column, from, to, strides) };
        }
        for constant in &self.constants {
            // SAFETY: the bytes are a value of the type that has its place at this offset.
            unsafe {
                at::fill_each(
                    constant.column,
                    &constant.bytes,
                    to.part(constant.to),
                    strides,
                )
            };
        }
    }

    /// Converts one item.
    ///
    /// # Safety
    ///
    /// This was compiled for the value at `from` and the room at `to`, and the two do not overlap where it copies.
    #[inline]
    pub(super) unsafe fn apply_once(&self, from: At, to: At) {
        for part in &self.parts {
            // SAFETY: the column is for what is at these offsets.
            unsafe { at::once(part.column, from.part(part.from), to.part(part.to)) };
        }
        for constant in &self.constants {
            let bytes = At(constant.bytes.as_ptr().cast_mut().cast());
            // SAFETY: the bytes are a value of the type that has its place at this offset.
            unsafe { at::once(constant.column, bytes, to.part(constant.to)) };
        }
    }

    /// Converts each item of many runs, where they are.
    ///
    /// # Safety
    ///
    /// This was compiled to convert the items of the runs, of `item` bytes each, where they are.
    #[inline]
    pub(super) unsafe fn apply_in_runs(&self, runs: &Runs, item: usize) {
        for part in &self.parts {
            let offsets = (part.from, part.to);
            // SAFETY: the column is for the parts at these offsets, and no copy overlaps its own source
            // (`copies_apart`).
            unsafe { runs::column_in_runs(part.column, runs, offsets, item) };
        }
        for constant in &self.constants {
            for run in runs.iter() {
                let strides = Strides {
                    len: run.len,
                    from: item,
                    to: item,
                };
                let to = runs::first(run).part(constant.to);
                // SAFETY: the bytes are a value of the type that has its place at this offset.
                unsafe { at::fill_each(constant.column, &constant.bytes, to, strides) };
            }
        }
    }

    /// Leaves out copies to where the bytes are already, for parts that start at these offsets, where the new
    /// item takes the place of the old one.
    pub(super) fn leave_still(&mut self, from: usize, to: usize) {
        self.parts
            .retain(|part| !part.copied || from + part.from != to + part.to);
    }

    /// The bytes that each step reads and writes, in the order of the steps.
    pub(super) fn steps(&self) -> impl Iterator<Item = (Span, Span)> {
        let parts = self.parts.iter().map(|part| {
            let read = (part.from, part.column.read);
            (read, (part.to, part.column.written))
        });
        let constants = self.constants.iter();
        parts.chain(constants.map(|it| ((0, 0), (it.to, it.bytes.len()))))
    }

    /// Whether no copy overlaps its own source, where the new item takes the place of the old one.
    pub(super) fn copies_apart(&self, from: usize, to: usize) -> bool {
        let mut copies = self.parts.iter().filter(|part| part.copied);
        copies.all(|part| {
            let size = part.column.read;
            apart((from + part.from, size), (to + part.to, size))
        })
    }
}

/// Whether no step writes bytes that a later step reads.
pub(super) fn reads_first(steps: &[(Span, Span)]) -> bool {
    steps.iter().enumerate().all(|(i, (_, written))| {
        let later = &steps[i + 1..];
        later.iter().all(|(read, _)| apart(*read, *written))
    })
}

fn apart((a, a_size): Span, (b, b_size): Span) -> bool {
    a + a_size <= b || b + b_size <= a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(spans: &[(usize, usize, usize)]) -> FlatSteps {
        let mut flat = FlatSteps::default();
        for (from, to, size) in spans {
            flat.copy(*from, *to, *size);
        }
        flat
    }

    fn spans(flat: &FlatSteps) -> Vec<(usize, usize, usize)> {
        let spans = flat.parts.iter().filter(|part| part.copied);
        spans
            .map(|span| (span.from, span.to, span.column.read))
            .collect()
    }

    #[test]
    fn copies_merge_where_they_continue_each_other_on_both_sides() {
        let mut flat = copies(&[(8, 24, 8), (0, 16, 8), (16, 0, 4), (20, 8, 4), (24, 12, 4)]);
        flat.merge();
        assert_eq!(spans(&flat), [(0, 16, 16), (16, 0, 4), (20, 8, 8)]);
    }

    #[test]
    fn a_part_is_done_where_it_lies() {
        let mut part = copies(&[(0, 4, 2)]);
        part.constant(0, Box::new([MaybeUninit::new(7)]));
        let mut flat = copies(&[(0, 0, 8)]);
        flat.inline(part, 8, 16);
        assert_eq!(spans(&flat), [(0, 0, 8), (8, 20, 2)]);
        assert_eq!(flat.constants[0].to, 16);
    }

    /// What is left to do in place, if it can be done in this order.
    fn in_place(mut flat: FlatSteps) -> Option<Vec<(usize, usize, usize)>> {
        flat.leave_still(0, 0);
        let steps: Vec<_> = flat.steps().collect();
        (flat.copies_apart(0, 0) && reads_first(&steps)).then(|| spans(&flat))
    }

    #[test]
    fn nothing_is_written_in_place_before_it_is_read() {
        // What stays where it is needs no copy.
        let left = in_place(copies(&[(0, 0, 8), (8, 16, 8)]));
        assert_eq!(left, Some(vec![(8, 16, 8)]));
        // Two that change places.
        assert_eq!(in_place(copies(&[(0, 8, 8), (8, 0, 8)])), None);
        // One that overlaps itself.
        assert_eq!(in_place(copies(&[(0, 4, 8)])), None);
        // In this order the second is still there when it is read; in the other it is not.
        assert!(in_place(copies(&[(8, 0, 8), (16, 8, 8)])).is_some());
        assert_eq!(in_place(copies(&[(16, 8, 8), (8, 0, 8)])), None);
        // A constant comes last, so it may be written over what was read.
        let mut flat = copies(&[(0, 8, 4)]);
        flat.constant(0, Box::new([MaybeUninit::new(0); 4]));
        assert!(in_place(flat).is_some());
    }

    #[test]
    fn what_is_widened_where_it_is_comes_after_what_it_grows_over() {
        let mut flat = copies(&[(4, 8, 4)]);
        flat.widen(0, 0, Column::convert::<u32, u64>());
        assert!(in_place(flat).is_some());
        let mut flat = FlatSteps::default();
        flat.widen(0, 0, Column::convert::<u32, u64>());
        flat.widen(4, 8, Column::convert::<u32, u64>());
        assert_eq!(in_place(flat), None);
    }
}
