//! Columns of numbers, written straight from where the items of a chunk are.

use std::sync::atomic::{AtomicU8, Ordering};

use hotmod_file::snapshot::encoding::{
    CHUNK, is_shorter_by_each, looked_at, width_of, write_each, zigzag,
};
use hotmod_file::snapshot::form::Scalar;

use super::places::ItemPlaces;

/// How many bytes the numbers of a column needed the last time: as many as they are likely to need again. Any thread may
/// have written it.
#[derive(Default)]
pub(super) struct LikelyWidth(AtomicU8);

/// The most bytes of a chunk of numbers, and as many more as the last of them may be stored in.
const ROOM: usize = 1 + 8 * CHUNK + 8;

/// Writes a column, as [`write_column`](hotmod_file::snapshot::encoding::write_column) does.
///
/// # Safety
///
/// A value of this kind is at each place, of which there are at most a chunk.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for every kind of number"
)]
pub(super) unsafe fn write_numbers(
    to: &mut Vec<u8>,
    places: ItemPlaces<'_>,
    scalar: Scalar,
    likely: &LikelyWidth,
) {
    let (is_signed, is_float) = match scalar {
        Scalar::Number(number, _) => (number.signed, number.float),
        Scalar::Bool | Scalar::Char | Scalar::Ordering => (false, false),
    };
    let mut column = NumberColumn { to, places, likely };
    // SAFETY: the caller's, for values of whichever kind these are.
    unsafe {
        match (scalar.size(), is_signed) {
            _ if scalar == Scalar::Ordering => column.write(|it: u8| it.wrapping_add(1).into()),
            (4, _) if is_float => column.write(|it: u32| it.swap_bytes().into()),
            (_, _) if is_float => column.write(u64::swap_bytes),
            (1, false) => column.write::<u8>(u64::from),
            (2, false) => column.write::<u16>(u64::from),
            (4, false) => column.write::<u32>(u64::from),
            (_, false) => column.write::<u64>(|it| it),
            (1, true) => column.write::<i8>(|it| zigzag(it.into())),
            (2, true) => column.write::<i16>(|it| zigzag(it.into())),
            (4, true) => column.write::<i32>(|it| zigzag(it.into())),
            (_, true) => column.write::<i64>(zigzag),
        }
    }
}

struct NumberColumn<'c> {
    to: &'c mut Vec<u8>,
    places: ItemPlaces<'c>,
    likely: &'c LikelyWidth,
}

impl NumberColumn<'_> {
    /// # Safety
    ///
    /// A value of this type is at each place.
    #[inline]
    unsafe fn write<T: Copy>(&mut self, number: impl Fn(T) -> u64 + Copy) {
        let likely = self.likely.0.load(Ordering::Relaxed).into();
        // SAFETY: the caller's.
        let all = unsafe { self.store(likely, number) };
        let width = width_of(all);
        if width != likely {
            self.likely.0.store(width as u8, Ordering::Relaxed);
        }
        let read = |place: usize| {
            let at = self.places.get(place).as_ptr().cast::<T>();
            // SAFETY: the caller's.
            number(unsafe { at.read() })
        };
        let len = self.places.len();
        // What needs one byte may need two where it has to say whether it goes on.
        if width > 1 && is_shorter_by_each(looked_at(len).map(read), width) {
            write_each(self.to, (0..len).map(read));
            return;
        }
        if width != likely {
            // SAFETY: the caller's.
            unsafe { self.store(width, number) };
        }
        let end = self.to.len() + 1 + width * len;
        // SAFETY: `store` made the room, and wrote the width and so many numbers of so many bytes there.
        unsafe { self.to.set_len(end) };
    }

    /// Stores the width and the numbers behind what is written, each in so many bytes, and gives all of their bits.
    ///
    /// # Safety
    ///
    /// As for [`write`](NumberColumn::write).
    #[inline]
    unsafe fn store<T: Copy>(&mut self, width: usize, number: impl Fn(T) -> u64 + Copy) -> u64 {
        self.to.reserve(ROOM);
        let room = self.to.spare_capacity_mut();
        room[0].write(width as u8);
        let to = room[1..].as_mut_ptr().cast::<u8>();
        /// The numbers at all places, each stored as one of the type, so many bytes after the one before: all but its
        /// lowest bytes are stored over.
        macro_rules! stored {
            ($store:ty, $width:literal) => {{
                let mut to = to;
                let mut all = 0;
                let store = |at: *const T| {
                    // SAFETY: a value is at each place.
                    let number = number(unsafe { at.read() });
                    all |= number;
                    let stored = (number as $store).to_le();
                    // SAFETY: there is room for a chunk of numbers of eight bytes, and for eight bytes more.
                    unsafe { to.cast::<$store>().write_unaligned(stored) };
                    to = to.wrapping_add($width);
                };
                self.places.each(store);
                all
            }};
        }
        match width {
            2 if size_of::<T>() >= 2 => stored!(u16, 2),
            3 if size_of::<T>() >= 4 => stored!(u32, 3),
            4 if size_of::<T>() >= 4 => stored!(u32, 4),
            5 if size_of::<T>() >= 8 => stored!(u64, 5),
            6 if size_of::<T>() >= 8 => stored!(u64, 6),
            7 if size_of::<T>() >= 8 => stored!(u64, 7),
            8 if size_of::<T>() >= 8 => stored!(u64, 8),
            _ => stored!(u8, 1),
        }
    }
}
