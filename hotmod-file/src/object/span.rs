//! A stretch of file offsets or addresses whose end is known not to wrap.

use std::fmt;

/// `start..start + size`, with `start + size` in range. Ends are computed only here, so code that uses a
/// span can add without checking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: u64,
    size: u64,
}

impl Span {
    pub(super) fn new(start: u64, size: u64) -> Option<Span> {
        start.checked_add(size)?;
        Some(Span { start, size })
    }

    /// `count` entries of `size` bytes from `start`.
    pub(super) fn table(start: u64, count: u64, size: u64) -> Option<Span> {
        Span::new(start, count.checked_mul(size)?)
    }

    pub(super) fn start(self) -> u64 {
        self.start
    }

    pub(super) fn size(self) -> u64 {
        self.size
    }

    pub(super) fn end(self) -> u64 {
        self.start + self.size
    }

    pub(super) fn is_empty(self) -> bool {
        self.size == 0
    }

    pub(super) fn holds(self, inner: Span) -> bool {
        self.start <= inner.start && inner.end() <= self.end()
    }

    pub(super) fn holds_address(self, address: u64) -> bool {
        self.start <= address && address < self.end()
    }

    pub(super) fn overlaps(self, other: Span) -> bool {
        self.start < other.end()
            && other.start < self.end()
            && !self.is_empty()
            && !other.is_empty()
    }

    /// The bytes of this span in `bytes`, if they are all there.
    pub(super) fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        let start = usize::try_from(self.start).ok()?;
        let end = usize::try_from(self.end()).ok()?;
        bytes.get(start..end)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}..{:#x}", self.start, self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_never_wraps() {
        assert!(Span::new(u64::MAX, 1).is_none());
        assert!(Span::new(u64::MAX, 0).is_some());
        assert!(Span::table(8, u64::MAX / 2, 24).is_none());
    }

    #[test]
    fn empty_spans_overlap_nothing() {
        let outer = Span::new(0, 10).unwrap();
        let empty = Span::new(5, 0).unwrap();
        assert!(outer.holds(empty));
        assert!(!outer.overlaps(empty) && !empty.overlaps(outer));
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let left = Span::new(0, 8).unwrap();
        let right = Span::new(8, 8).unwrap();
        assert!(!left.overlaps(right));
        assert!(left.overlaps(Span::new(7, 2).unwrap()));
    }

    #[test]
    fn bytes_outside_are_none() {
        assert_eq!(Span::new(1, 2).unwrap().of(b"abc"), Some(&b"bc"[..]));
        assert_eq!(Span::new(2, 2).unwrap().of(b"abc"), None);
        assert_eq!(Span::new(1 << 40, 2).unwrap().of(b"abc"), None);
    }
}
