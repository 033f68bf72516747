//! Where the items of a chunk are.

use crate::migrate::at::At;

/// Where the items of a chunk are, or a part of each.
#[derive(Clone, Copy)]
pub(super) struct ItemPlaces<'p> {
    spread: Spread<'p>,
    /// How many bytes further on the part is.
    offset: usize,
}

#[derive(Clone, Copy)]
enum Spread<'p> {
    /// So many, each so many bytes after the one before.
    Row {
        first: At,
        stride: usize,
        len: usize,
    },
    /// Anywhere.
    Listed(&'p [At]),
}

impl<'p> ItemPlaces<'p> {
    pub(super) fn row(first: At, stride: usize, len: usize) -> Self {
        let spread = Spread::Row { first, stride, len };
        ItemPlaces { spread, offset: 0 }
    }

    pub(super) fn listed(all: &'p [At]) -> Self {
        ItemPlaces {
            spread: Spread::Listed(all),
            offset: 0,
        }
    }

    /// Of the part of each that is so many bytes further on.
    pub(super) fn part(self, offset: usize) -> Self {
        ItemPlaces {
            offset: self.offset + offset,
            ..self
        }
    }

    pub(super) fn len(self) -> usize {
        match self.spread {
            Spread::Row { len, .. } => len,
            Spread::Listed(all) => all.len(),
        }
    }

    pub(super) fn get(self, place: usize) -> At {
        match self.spread {
            Spread::Row { first, stride, .. } => first.part(place * stride + self.offset),
            Spread::Listed(all) => all[place].part(self.offset),
        }
    }

    /// Goes through all of them.
    #[inline]
    pub(super) fn each<T>(self, mut each: impl FnMut(*const T)) {
        match self.spread {
            Spread::Row { first, stride, len } => {
                let mut at = first.part(self.offset);
                for _ in 0..len {
                    each(at.as_ptr().cast());
                    at = at.part(stride);
                }
            }
            Spread::Listed(all) => {
                for at in all {
                    each(at.part(self.offset).as_ptr().cast());
                }
            }
        }
    }

    /// From a place on, as many as lie at the same distance: where the first is, the distance, and how many.
    pub(super) fn row_from(self, place: usize) -> (At, usize, usize) {
        match self.spread {
            Spread::Row { stride, len, .. } => (self.get(place), stride, len - place),
            Spread::Listed(_) => (self.get(place), 0, 1),
        }
    }
}

/// Memory that is likely to be read next.
#[derive(Clone, Copy)]
pub(super) struct ReadNext {
    pub(super) first: At,
    /// In bytes.
    pub(super) len: usize,
}

/// How many bytes a processor has in a line of its cache, mostly.
const LINE: usize = 64;

/// The most that is asked for ahead: more would drive what is being read from the cache.
const AHEAD: usize = 32 << 10;

impl ReadNext {
    /// Has the processor fetch one of so many parts of it into its cache.
    #[inline]
    pub(super) fn fetch(self, part: usize, parts: usize) {
        let lines = self.len.min(AHEAD) / LINE;
        for line in part * lines / parts..(part + 1) * lines / parts {
            fetch(self.first.part(line * LINE));
        }
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
fn fetch(at: At) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: nothing is read: it is a hint, whatever is at the address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.as_ptr().cast()) };
}

/// Other processors find out by themselves.
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn fetch(_: At) {}
