//! Columns of numbers, decoded straight to where the items of a chunk are.

use hotmod::describe::ScalarNumber;
use hotmod_file::SnapshotError;
use hotmod_file::snapshot::encoding::{CHUNK, ColumnBytes, SnapshotReader, unzigzag, widened};
use hotmod_file::snapshot::form::Scalar;

/// Decodes a column. `numbers` is room for it on its way.
///
/// # Safety
///
/// There is room for so many values of this kind, at most a chunk, the first at `to` and each so many bytes after the one
/// before.
pub(super) unsafe fn read_numbers(
    from: &mut SnapshotReader<'_>,
    scalar: Scalar,
    to: *mut u8,
    (stride, count): (usize, usize),
    numbers: &mut [u64; CHUNK],
) -> Result<(), SnapshotError> {
    let column = from.column_bytes(count)?;
    if let (ColumnBytes::All(width, bytes), Scalar::Number(number, false)) = (&column, scalar)
        && *width <= usize::from(number.size)
    {
        // SAFETY: the caller's. Whatever bytes there are, each so many make such a number.
        unsafe { spread(bytes, *width, to, stride, number) };
        return Ok(());
    }
    let numbers = &mut numbers[..count];
    column.read(from, numbers)?;
    scalar.all_bits(numbers)?;
    // SAFETY: the caller's.
    unsafe { scatter(numbers, scalar.size(), to, stride) };
    Ok(())
}

/// Spreads numbers of so many bytes as numbers of another size, which is no smaller.
///
/// # Safety
///
/// As for [`read_numbers`], of as many numbers as there are bytes for.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for every width"
)]
unsafe fn spread(bytes: &[u8], width: usize, to: *mut u8, stride: usize, number: ScalarNumber) {
    /// # Safety
    ///
    /// As above, of numbers of `T`.
    unsafe fn of_width<T, const WIDTH: usize>(
        bytes: &[u8],
        mut to: *mut u8,
        stride: usize,
        number: impl Fn(u64) -> T,
    ) {
        for bytes in bytes.as_chunks::<WIDTH>().0 {
            // SAFETY: the caller's.
            unsafe { to.cast::<T>().write(number(widened(bytes))) };
            to = to.wrapping_add(stride);
        }
    }
    macro_rules! of_size {
        ($number:ty, $($width:literal)+) => {
            match (width, number.signed, number.float) {
                $(
                    ($width, _, true) => of_width::<_, $width>(bytes, to, stride, |it| {
                        (it as $number).swap_bytes()
                    }),
                    ($width, true, _) => of_width::<_, $width>(bytes, to, stride, |it| {
                        unzigzag(it) as $number
                    }),
                    ($width, ..) => of_width::<_, $width>(bytes, to, stride, |it| it as $number),
                )+
                _ => unreachable!("bug in hotmod: a column of an unknown width"),
            }
        };
    }
    // SAFETY: the caller's, for whichever size and width these are.
    unsafe {
        match number.size {
            1 => of_size!(u8, 1),
            2 => of_size!(u16, 1 2),
            4 => of_size!(u32, 1 2 3 4),
            _ => of_size!(u64, 1 2 3 4 5 6 7 8),
        }
    }
}

/// # Safety
///
/// There is room for so many numbers of so many bytes, 1, 2, 4 or 8, each at this distance from the one before.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for every size"
)]
unsafe fn scatter(numbers: &[u64], size: usize, first: *mut u8, stride: usize) {
    /// # Safety
    ///
    /// As above, of numbers of this type.
    unsafe fn each<T>(numbers: &[u64], first: *mut u8, stride: usize, bits: impl Fn(u64) -> T) {
        let mut to = first;
        for number in numbers {
            // SAFETY: the caller's.
            unsafe { to.cast::<T>().write(bits(*number)) };
            to = to.wrapping_add(stride);
        }
    }
    // SAFETY: the caller's, for whichever size it is.
    unsafe {
        match size {
            1 => each(numbers, first, stride, |it| it as u8),
            2 => each(numbers, first, stride, |it| it as u16),
            4 => each(numbers, first, stride, |it| it as u32),
            _ => each(numbers, first, stride, |it| it),
        }
    }
}
