//! Conversions that are a list of copies, widenings and constants.
//!
//! They cannot fail and take no memory, and what they make owns nothing that the old value does not
//! own. Structs are converted part by part instead of item by item: what to do is looked up once
//! for many items.

use std::mem::MaybeUninit;

use super::at::{self, At};
use super::copy::Strides;
use super::number::Widen;

/// What is done with each item of a run.
#[derive(Clone, Default)]
pub(super) struct Flat {
    /// What is copied, neighbours merged.
    copies: Vec<Span>,
    widens: Vec<Wide>,
    constants: Vec<Constant>,
}

/// Bytes that are copied: where from, where to and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: usize,
    to: usize,
    size: usize,
}

#[derive(Clone, Copy)]
struct Wide {
    from: usize,
    to: usize,
    widen: Widen,
}

/// The bytes of a value that owns nothing, and where they go.
#[derive(Clone)]
struct Constant {
    to: usize,
    bytes: Box<[MaybeUninit<u8>]>,
}

impl Flat {
    pub(super) fn copy(&mut self, from: usize, to: usize, size: usize) {
        self.copies.push(Span { from, to, size });
    }

    pub(super) fn widen(&mut self, from: usize, to: usize, widen: Widen) {
        self.widens.push(Wide { from, to, widen });
    }

    pub(super) fn constant(&mut self, to: usize, bytes: Box<[MaybeUninit<u8>]>) {
        self.constants.push(Constant { to, bytes });
    }

    /// Does what another does with a part that starts there.
    pub(super) fn inline(&mut self, part: Flat, from: usize, to: usize) {
        self.copies.extend(part.copies.iter().map(|span| Span {
            from: from + span.from,
            to: to + span.to,
            ..*span
        }));
        self.widens.extend(part.widens.iter().map(|wide| Wide {
            from: from + wide.from,
            to: to + wide.to,
            ..*wide
        }));
        let constants = part.constants.into_iter();
        self.constants.extend(constants.map(|constant| Constant {
            to: to + constant.to,
            ..constant
        }));
    }

    /// Merges copies that continue each other on both sides.
    pub(super) fn merge(&mut self) {
        self.copies.sort_unstable_by_key(|span| span.from);
        self.copies.dedup_by(|next, last| {
            let follows = last.from + last.size == next.from && last.to + last.size == next.to;
            if follows {
                last.size += next.size;
            }
            follows
        });
    }

    /// Converts each item.
    #[inline]
    pub(super) fn apply(&self, from: At, to: At, strides: Strides) {
        for span in &self.copies {
            at::copy_each(from.part(span.from), to.part(span.to), span.size, strides);
        }
        for wide in &self.widens {
            at::widen_each(from.part(wide.from), to.part(wide.to), wide.widen, strides);
        }
        for constant in &self.constants {
            at::fill_each(&constant.bytes, to.part(constant.to), strides);
        }
    }

    /// What does the same where the new item takes the place of the old one; `None` if something
    /// would be written over before it is read.
    pub(super) fn in_place(&self) -> Option<Flat> {
        let moved = |span: &Span| span.from != span.to;
        let flat = Flat {
            copies: self.copies.iter().copied().filter(moved).collect(),
            ..self.clone()
        };
        let copies = flat.copies.iter();
        let copies = copies.map(|it| ((it.from, it.size), (it.to, it.size)));
        let widens = flat.widens.iter().map(|it| {
            let (read, written) = it.widen.sizes();
            ((it.from, read), (it.to, written))
        });
        let constants = flat.constants.iter();
        let constants = constants.map(|it| ((0, 0), (it.to, it.bytes.len())));
        let steps: Vec<(Bytes, Bytes)> = copies.clone().chain(widens).chain(constants).collect();
        // A copy must not even overlap itself; a widened number is read before it is written.
        let copied = copies.clone().all(|(read, written)| apart(read, written));
        let read_first = steps.iter().enumerate().all(|(i, (_, written))| {
            let later = &steps[i + 1..];
            later.iter().all(|(read, _)| apart(*read, *written))
        });
        (copied && read_first).then_some(flat)
    }
}

/// Where some bytes start, and how many they are.
type Bytes = (usize, usize);

fn apart((a, a_size): Bytes, (b, b_size): Bytes) -> bool {
    a + a_size <= b || b + b_size <= a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(spans: &[(usize, usize, usize)]) -> Flat {
        let mut flat = Flat::default();
        for (from, to, size) in spans {
            flat.copy(*from, *to, *size);
        }
        flat
    }

    fn spans(flat: &Flat) -> Vec<(usize, usize, usize)> {
        let spans = flat.copies.iter();
        spans.map(|span| (span.from, span.to, span.size)).collect()
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

    #[test]
    fn nothing_is_written_in_place_before_it_is_read() {
        // What stays where it is needs no copy.
        let flat = copies(&[(0, 0, 8), (8, 16, 8)]);
        assert_eq!(flat.in_place().map(|it| spans(&it)), Some(vec![(8, 16, 8)]));
        // Two that change places.
        assert!(copies(&[(0, 8, 8), (8, 0, 8)]).in_place().is_none());
        // One that overlaps itself.
        assert!(copies(&[(0, 4, 8)]).in_place().is_none());
        // In this order the second is still there when it is read; in the other it is not.
        assert!(copies(&[(8, 0, 8), (16, 8, 8)]).in_place().is_some());
        assert!(copies(&[(16, 8, 8), (8, 0, 8)]).in_place().is_none());
        // A constant comes last, so it may be written over what was read.
        let mut flat = copies(&[(0, 8, 4)]);
        flat.constant(0, Box::new([MaybeUninit::new(0); 4]));
        assert!(flat.in_place().is_some());
    }
}
