//! Copies of a few bytes, of which a migration is made: without the call that the standard library
//! would make for a length it does not know.

/// How many items there are, and how far one is from the next on either side.
#[derive(Clone, Copy)]
pub(super) struct Strides {
    pub(super) len: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Strides {
    /// One item.
    pub(super) const ONE: Self = Strides {
        len: 1,
        from: 0,
        to: 0,
    };

    /// The offsets of each item, on either side.
    #[inline]
    pub(super) fn offsets(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len).map(move |i| (i * self.from, i * self.to))
    }

    /// The items in blocks that stay in the cache while one field after the other is done: where
    /// each starts, and its own strides.
    #[inline]
    pub(super) fn blocks(self) -> impl Iterator<Item = (usize, Strides)> {
        const BLOCK: usize = 64;
        let starts = (0..self.len).step_by(BLOCK);
        starts.map(move |start| {
            let len = BLOCK.min(self.len - start);
            (start, Strides { len, ..self })
        })
    }
}

/// Copies bytes.
///
/// # Safety
///
/// `from` may be read and `to` written for `size` bytes, and they do not overlap.
#[inline]
pub(super) unsafe fn one(from: *const u8, to: *mut u8, size: usize) {
    match size {
        // SAFETY: both are of this size, and so in each arm.
        4 => unsafe { fixed::<u32>(from, to) },
        // SAFETY: as above.
        8 => unsafe { fixed::<u64>(from, to) },
        // SAFETY: as above.
        16 => unsafe { fixed::<[u64; 2]>(from, to) },
        // SAFETY: as above.
        24 => unsafe { fixed::<[u64; 3]>(from, to) },
        // SAFETY: as above.
        32 => unsafe { fixed::<[u64; 4]>(from, to) },
        // SAFETY: as above.
        _ => unsafe { from.copy_to_nonoverlapping(to, size) },
    }
}

/// Copies the same bytes of each item.
///
/// # Safety
///
/// As [`one`], for each item.
pub(super) unsafe fn each(from: *const u8, to: *mut u8, size: usize, strides: Strides) {
    /// # Safety
    ///
    /// As [`each`], for items of a `T`.
    unsafe fn all<T>(from: *const u8, to: *mut u8, strides: Strides) {
        for (a, b) in strides.offsets() {
            // SAFETY: an item is there.
            let from = unsafe { from.add(a) };
            // SAFETY: there is room for an item.
            let to = unsafe { to.add(b) };
            // SAFETY: both are of this size.
            unsafe { fixed::<T>(from, to) };
        }
    }
    match size {
        // SAFETY: both are of this size, and so in each arm.
        1 => unsafe { all::<u8>(from, to, strides) },
        // SAFETY: as above.
        2 => unsafe { all::<u16>(from, to, strides) },
        // SAFETY: as above.
        4 => unsafe { all::<u32>(from, to, strides) },
        // SAFETY: as above.
        8 => unsafe { all::<u64>(from, to, strides) },
        // SAFETY: as above.
        16 => unsafe { all::<[u64; 2]>(from, to, strides) },
        _ => {
            for (a, b) in strides.offsets() {
                // SAFETY: an item is there.
                let from = unsafe { from.add(a) };
                // SAFETY: there is room for an item.
                let to = unsafe { to.add(b) };
                // SAFETY: both are of this size.
                unsafe { one(from, to, size) };
            }
        }
    }
}

/// # Safety
///
/// As [`one`], with the size of a `T`, of which any bytes are copied.
#[inline]
unsafe fn fixed<T>(from: *const u8, to: *mut u8) {
    // SAFETY: the caller says that both are of this size. A constant length makes it loads and
    // stores; untyped, so bytes that hold no value are copied too.
    unsafe { from.copy_to_nonoverlapping(to, size_of::<T>()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_any_size_is_whole_and_goes_no_further() {
        let from: Vec<u8> = (1..=200).collect();
        for size in 0..=40 {
            let strides = Strides {
                len: 3,
                from: size + 3,
                to: size + 5,
            };
            let mut to = [0_u8; 200];
            // SAFETY: both hold three items of the strides.
            unsafe { each(from.as_ptr(), to.as_mut_ptr(), size, strides) };
            let mut expected = [0_u8; 200];
            for (a, b) in strides.offsets() {
                expected[b..b + size].copy_from_slice(&from[a..a + size]);
            }
            assert_eq!(to, expected, "{size}");
        }
    }

    #[test]
    fn blocks_are_all_items_in_their_order() {
        for len in [0, 1, 63, 64, 65, 1000] {
            let strides = Strides {
                len,
                from: 1,
                to: 2,
            };
            let items = strides.blocks().flat_map(|(start, block)| {
                assert!(block.len > 0);
                start..start + block.len
            });
            assert!(items.eq(0..len), "{len}");
        }
    }
}
