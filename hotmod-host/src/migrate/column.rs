//! The same part of many items, converted in one loop that is compiled for the kind of conversion.

use hotmod::operations::Run;

/// How many items are converted at a time, so that they stay in the cache while one part after the
/// other is converted.
pub(super) const BLOCK: usize = 64;

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

    /// The offsets of each item on both sides.
    #[inline]
    pub(super) fn offsets(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len).map(move |i| (i * self.from, i * self.to))
    }

    /// The items in blocks: the number of each block's first item, and the block's own strides.
    #[inline]
    pub(super) fn blocks(self) -> impl Iterator<Item = (usize, Strides)> {
        let starts = (0..self.len).step_by(BLOCK);
        starts.map(move |start| {
            let len = BLOCK.min(self.len - start);
            (start, Strides { len, ..self })
        })
    }
}

/// How one part of an item is converted.
#[derive(Clone, Copy)]
pub(super) struct Column {
    /// How many bytes of the old item are read.
    pub(super) read: usize,
    /// How many bytes of the new item are written.
    pub(super) written: usize,
    once: Once,
    each: Each,
    in_runs: InRuns,
}

/// Converts the part of one item: where it is read and written, and how many bytes are copied.
type Once = unsafe fn(*const u8, *mut u8, usize);

/// Converts the part of many items: where the first is read and written, and how many bytes are copied.
type Each = unsafe fn(*const u8, *mut u8, usize, Strides);

/// Converts the part of the items of many runs in place: where in an item the part is read and written,
/// how many bytes are copied, and how many bytes an item has.
type InRuns = unsafe fn(&[Run], (usize, usize), usize, usize);

/// One loop for all runs, which may be short: the conversion is compiled into it.
macro_rules! in_runs {
    ($each:expr) => {
        |runs, (from, to), size, item| {
            for run in runs {
                let (from, to) = (run.first.wrapping_add(from), run.first.wrapping_add(to));
                let strides = Strides {
                    len: run.len,
                    from: item,
                    to: item,
                };
                // SAFETY: the items of the run are as the caller of `each_in_runs` promises.
                unsafe { $each(from, to, size, strides) };
            }
        }
    };
}

impl Column {
    /// Copies so many bytes.
    pub(super) fn copy(size: usize) -> Self {
        // Copies of a common size are compiled for it: loads and stores instead of a call.
        macro_rules! sizes {
            ($($size:literal)+) => {
                match size {
                    $($size => (copy_once::<$size>, copy_each::<$size>, in_runs!(copy_each::<$size>)),)+
                    _ => (copy_any_once, copy_any, in_runs!(copy_any)),
                }
            };
        }
        let (once, each, in_runs): (Once, Each, InRuns) =
            sizes!(1 2 4 8 12 16 20 24 28 32 40 48 56 64);
        Column {
            read: size,
            written: size,
            once,
            each,
            in_runs,
        }
    }

    /// Converts a value of one type to one of another.
    pub(super) fn convert<A: Copy, B: From<A>>() -> Self {
        Column {
            read: size_of::<A>(),
            written: size_of::<B>(),
            once: convert_once::<A, B>,
            each: convert_each::<A, B>,
            in_runs: in_runs!(convert_each::<A, B>),
        }
    }

    /// Converts the part of one item.
    ///
    /// # Safety
    ///
    /// As for [`each`](Column::each), of one item.
    #[inline]
    pub(super) unsafe fn once(self, from: *const u8, to: *mut u8) {
        // SAFETY: the caller passes such an item.
        unsafe { (self.once)(from, to, self.read) };
    }

    /// Converts the part of each item.
    ///
    /// # Safety
    ///
    /// In each item, `from` points to a part that this column reads, and `to` to room for the part that it
    /// writes. If the column copies, the two do not overlap.
    #[inline]
    pub(super) unsafe fn each(self, from: *const u8, to: *mut u8, strides: Strides) {
        // SAFETY: the caller passes such items.
        unsafe { (self.each)(from, to, self.read, strides) };
    }

    /// Converts the part of each item of these runs, in place.
    ///
    /// # Safety
    ///
    /// Each item has `item` bytes. In it, the part that this column reads is at the first of the offsets, and there is
    /// room for the part that it writes at the second. If the column copies, the two do not overlap.
    #[inline]
    pub(super) unsafe fn each_in_runs(self, runs: &[Run], offsets: (usize, usize), item: usize) {
        // SAFETY: the caller passes such runs.
        unsafe { (self.in_runs)(runs, offsets, self.read, item) };
    }
}

/// # Safety
///
/// As [`Column::once`], for a copy of `SIZE` bytes.
unsafe fn copy_once<const SIZE: usize>(from: *const u8, to: *mut u8, _: usize) {
    // SAFETY: an item is at either address. Untyped, so bytes that hold no value are copied too.
    unsafe { from.copy_to_nonoverlapping(to, SIZE) };
}

/// # Safety
///
/// As [`Column::once`], for a copy of `size` bytes.
unsafe fn copy_any_once(from: *const u8, to: *mut u8, size: usize) {
    // SAFETY: an item is at either address.
    unsafe { from.copy_to_nonoverlapping(to, size) };
}

/// # Safety
///
/// As [`Column::once`], from an `A` to a `B`.
unsafe fn convert_once<A: Copy, B: From<A>>(from: *const u8, to: *mut u8, _: usize) {
    // SAFETY: an `A` is there.
    let value = unsafe { from.cast::<A>().read_unaligned() };
    // SAFETY: there is room for a `B`.
    unsafe { to.cast::<B>().write_unaligned(B::from(value)) };
}

/// # Safety
///
/// As [`Column::each`], for a copy of `SIZE` bytes.
unsafe fn copy_each<const SIZE: usize>(from: *const u8, to: *mut u8, _: usize, strides: Strides) {
    // Untyped, so bytes that hold no value are copied too.
    let (mut from, mut to) = (from.cast::<[u8; SIZE]>(), to.cast::<[u8; SIZE]>());
    for _ in 0..strides.len {
        // SAFETY: an item is at either address.
        unsafe { from.copy_to_nonoverlapping(to, 1) };
        from = from.wrapping_byte_add(strides.from);
        to = to.wrapping_byte_add(strides.to);
    }
}

/// # Safety
///
/// As [`Column::each`], for a copy of `size` bytes.
unsafe fn copy_any(from: *const u8, to: *mut u8, size: usize, strides: Strides) {
    if (strides.from, strides.to) == (size, size) {
        // SAFETY: the items lie one after the other on both sides.
        return unsafe { from.copy_to_nonoverlapping(to, size * strides.len) };
    }
    let (mut from, mut to) = (from, to);
    for _ in 0..strides.len {
        // SAFETY: an item is at either address.
        unsafe { from.copy_to_nonoverlapping(to, size) };
        from = from.wrapping_add(strides.from);
        to = to.wrapping_add(strides.to);
    }
}

/// # Safety
///
/// As [`Column::each`], from an `A` to a `B`.
unsafe fn convert_each<A: Copy, B: From<A>>(
    from: *const u8,
    to: *mut u8,
    _: usize,
    strides: Strides,
) {
    let (mut from, mut to) = (from.cast::<A>(), to.cast::<B>());
    for _ in 0..strides.len {
        // SAFETY: an `A` is there.
        let value = unsafe { from.read_unaligned() };
        // SAFETY: there is room for a `B`.
        unsafe { to.write_unaligned(B::from(value)) };
        from = from.wrapping_byte_add(strides.from);
        to = to.wrapping_byte_add(strides.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_any_size_is_whole_and_goes_no_further() {
        let from: Vec<u8> = (0..300).map(|i| (i % 251) as u8 + 1).collect();
        for size in 0..=70 {
            for apart in [0, 3] {
                let strides = Strides {
                    len: 3,
                    from: size + apart,
                    to: size + 2 * apart,
                };
                let mut to = [0_u8; 300];
                // SAFETY: both hold three items of the strides.
                unsafe { Column::copy(size).each(from.as_ptr(), to.as_mut_ptr(), strides) };
                let mut expected = [0_u8; 300];
                for (a, b) in strides.offsets() {
                    expected[b..b + size].copy_from_slice(&from[a..a + size]);
                }
                assert_eq!(to, expected, "{size}");
            }
            let mut to = [0_u8; 300];
            // SAFETY: both hold an item.
            unsafe { Column::copy(size).once(from.as_ptr(), to.as_mut_ptr()) };
            assert_eq!(to[..size], from[..size]);
            assert!(to[size..].iter().all(|byte| *byte == 0), "{size}");
        }
    }

    #[test]
    fn in_runs_the_same_is_done_with_every_item_where_it_is() {
        const ITEM: usize = 12;
        let filled: Vec<u8> = (0..20 * ITEM).map(|i| i as u8).collect();
        for column in [
            Column::copy(4),
            Column::copy(3),
            Column::convert::<u16, u32>(),
        ] {
            let (mut one, mut other) = (filled.clone(), filled.clone());
            // Runs of no item, of one and of several, with items between them that are of none.
            let spans = [(0, 3), (4, 0), (5, 1), (7, 9)];
            // Of one pointer all of them: another borrow of the items would end it.
            let items = one.as_mut_ptr();
            let runs = spans.map(|(start, len)| Run {
                first: items.wrapping_add(start * ITEM),
                len,
                capacity: len,
            });
            // SAFETY: the runs are of items that hold what is read and have room for what is made.
            unsafe { column.each_in_runs(&runs, (0, 8), ITEM) };
            for (start, len) in spans {
                let strides = Strides {
                    len,
                    from: ITEM,
                    to: ITEM,
                };
                let first = other[start * ITEM..].as_mut_ptr();
                // SAFETY: as above.
                unsafe { column.each(first, first.wrapping_add(8), strides) };
            }
            assert_eq!(one, other);
            assert_ne!(one, filled);
        }
    }

    #[test]
    fn blocks_are_all_items_in_their_order() {
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 1000] {
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
