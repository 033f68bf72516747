//! How numbers, texts and columns of numbers are written: by no layout, pointer width or byte order of a machine.

use super::error::SnapshotError;

/// How many items one column of numbers is of at most: the items of a run are written so many at a time, few enough to
/// stay in the cache while one column after the other is written.
pub const CHUNK: usize = 256;

/// How many of the numbers of a column are looked at to decide how it is written, at least.
const LOOKED_AT: usize = 16;

/// The mark of a column whose numbers each take as many bytes as they need.
const VARIABLE: u8 = 0xff;

/// Writes a number in groups of seven bits, the lowest first.
#[inline]
pub fn write_varint(to: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// As [`write_varint`], of a number that has 64 bits.
#[inline]
pub fn write_varint64(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// Writes bytes behind their number.
#[inline]
pub fn write_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    write_varint64(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// Has something be written behind its length, for which so many bytes are taken, or more where they are needed. Gives the
/// length.
///
/// # Errors
///
/// Those of writing it.
pub fn write_behind_len<E>(
    to: &mut Vec<u8>,
    room: usize,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<usize, E> {
    let begin = to.len();
    to.resize(begin + room, 0);
    write(to)?;
    let (first, end) = (begin + room, to.len());
    let len = end - first;
    let more = varint_len(len as u64).saturating_sub(room);
    if more > 0 {
        to.resize(end + more, 0);
        to.copy_within(first..end, first + more);
    }
    fill_varint(&mut to[begin..first + more], len as u64);
    Ok(len)
}

/// Writes a number over as many bytes, which are as many as it needs, or more.
fn fill_varint(to: &mut [u8], value: u64) {
    let (last, groups) = to.split_last_mut().expect("a number takes a byte");
    let mut left = value;
    for group in groups {
        *group = left as u8 | 0x80;
        left >>= 7;
    }
    *last = left as u8;
}

/// A number with a sign as one without, so that small ones are short: 0, -1, 1, -2, ….
#[inline]
pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// The number that [`zigzag`] made another of.
#[inline]
pub fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// As [`zigzag`], of 128 bits.
pub fn zigzag128(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)).cast_unsigned()
}

/// The number that [`zigzag128`] made another of.
pub fn unzigzag128(value: u128) -> i128 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// Writes a column of at most [`CHUNK`] numbers: all in as many bytes as the largest needs, or each in as many as it
/// needs, whichever is likely to be shorter.
pub fn write_column(to: &mut Vec<u8>, values: &[u64]) {
    let width = width_of(values.iter().fold(0, |all, value| all | value));
    // What needs one byte may need two where it has to say whether it goes on.
    let some = looked_at(values.len()).map(|place| values[place]);
    if width > 1 && is_shorter_by_each(some, width) {
        return write_each(to, values.iter().copied());
    }
    to.push(width as u8);
    // The room is made once, and each number goes to its place in it.
    let from = to.len();
    to.resize(from + width * values.len(), 0);
    let room = &mut to[from..];
    match width {
        1 => narrowed(values, room, |value| [value as u8]),
        2 => narrowed(values, room, |value| (value as u16).to_le_bytes()),
        3 => narrowed_to_three(values, room),
        4 => narrowed(values, room, |value| (value as u32).to_le_bytes()),
        5 => narrowed(values, room, cut::<5>),
        6 => narrowed(values, room, cut::<6>),
        7 => narrowed(values, room, cut::<7>),
        _ => narrowed(values, room, u64::to_le_bytes),
    }
}

/// How many bytes a number of 64 bits takes at most.
const LONGEST: usize = 10;

/// How many bytes each number of a column needs that has these bits in all.
#[inline]
pub fn width_of(all: u64) -> usize {
    (64 - (all | 1).leading_zeros()).div_ceil(8) as usize
}

/// The places of some of so many numbers. What comes again and again is rarely met at each of them.
#[inline]
pub fn looked_at(len: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by((len / LOOKED_AT) | 1)
}

/// Whether numbers as these are likely to be shorter if each takes as many bytes as it needs than if all take so many.
#[inline]
pub fn is_shorter_by_each(some: impl Iterator<Item = u64>, width: usize) -> bool {
    let (mut variable, mut count) = (0, 0);
    for number in some {
        variable += varint_len(number);
        count += 1;
    }
    // A column of one width is read faster.
    variable * 16 < width * count * 15
}

/// Writes a column of numbers of which each takes as many bytes as it needs.
pub fn write_each(to: &mut Vec<u8>, values: impl ExactSizeIterator<Item = u64>) {
    to.push(VARIABLE);
    let mut end = to.len();
    // The room is made once. Most numbers are stored as eight bytes, of which those that the number does not need are
    // overwritten by the next one.
    to.resize(end + LONGEST * values.len(), 0);
    for value in values {
        let len = varint_len(value);
        if len <= size_of::<u64>() {
            let groups = spread(value) | CONTINUES & !(u64::MAX << (8 * (len - 1)));
            to[end..end + size_of::<u64>()].copy_from_slice(&groups.to_le_bytes());
        } else {
            fill_varint(&mut to[end..end + len], value);
        }
        end += len;
    }
    to.truncate(end);
}

/// The bit of each byte that says that a number goes on.
const CONTINUES: u64 = 0x8080_8080_8080_8080;

/// The lowest 56 bits, seven in each byte: halves are moved apart, then quarters, then eighths.
fn spread(value: u64) -> u64 {
    let value = value & 0x0fff_ffff | (value & 0x00ff_ffff_f000_0000) << 4;
    let value = value & 0x0000_3fff_0000_3fff | (value & 0x0fff_c000_0fff_c000) << 2;
    value & 0x007f_007f_007f_007f | (value & 0x3f80_3f80_3f80_3f80) << 1
}

/// Writes numbers of which so many bytes are needed.
fn narrowed<const N: usize>(values: &[u64], room: &mut [u8], bytes: impl Fn(u64) -> [u8; N]) {
    let (places, _) = room.as_chunks_mut::<N>();
    for (value, place) in values.iter().zip(places) {
        *place = bytes(*value);
    }
}

/// The lowest bytes of a number.
fn cut<const N: usize>(value: u64) -> [u8; N] {
    let bytes = value.to_le_bytes();
    std::array::from_fn(|place| bytes[place])
}

/// As [`narrowed`], of three bytes: four numbers at a time, which make three of four bytes.
fn narrowed_to_three(values: &[u64], room: &mut [u8]) {
    let (fours, rest) = values.as_chunks::<4>();
    let (places, last) = room.as_chunks_mut::<12>();
    for ([a, b, c, d], place) in fours.iter().zip(places) {
        let low = a | b << 24 | c << 48;
        let high = (c >> 16 | d << 8) as u32;
        let (first, second) = place.split_at_mut(8);
        first.copy_from_slice(&low.to_le_bytes());
        second.copy_from_slice(&high.to_le_bytes());
    }
    narrowed(rest, last, cut::<3>);
}

fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros();
    // As `bits.div_ceil(7)`, without a division.
    ((bits * 9 + 64) >> 6) as usize
}

/// What is left of bytes that cannot be trusted.
#[derive(Clone, Debug)]
pub struct SnapshotReader<'a> {
    rest: &'a [u8],
}

impl<'a> SnapshotReader<'a> {
    /// Of all of these.
    pub fn new(bytes: &'a [u8]) -> Self {
        SnapshotReader { rest: bytes }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// So many bytes.
    ///
    /// # Errors
    ///
    /// If there are fewer.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], SnapshotError> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(short(count, self.rest.len())),
        }
    }

    /// One byte.
    ///
    /// # Errors
    ///
    /// If there is none.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, SnapshotError> {
        match self.rest {
            [byte, rest @ ..] => {
                self.rest = rest;
                Ok(*byte)
            }
            [] => Err(short(1, 0)),
        }
    }

    /// A number of at most 64 bits.
    ///
    /// # Errors
    ///
    /// If it has more, or does not end.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, SnapshotError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(SnapshotError::new("a number of 64 bits", "a longer one"))
    }

    /// A number of at most 128 bits.
    ///
    /// # Errors
    ///
    /// If it has more, or does not end.
    pub fn varint128(&mut self) -> Result<u128, SnapshotError> {
        let mut value = 0;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if shift == 126 && bits > 3 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(SnapshotError::new("a number of 128 bits", "a longer one"))
    }

    /// Bytes behind their number.
    ///
    /// # Errors
    ///
    /// If there are fewer.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], SnapshotError> {
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(count) => self.take(count),
            Err(_) => Err(short(usize::MAX, self.rest.len())),
        }
    }

    /// A text behind the number of its bytes.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn text(&mut self) -> Result<&'a str, SnapshotError> {
        let bytes = self.bytes()?;
        str::from_utf8(bytes).map_err(|_| SnapshotError::new("a text", "bytes that are none"))
    }

    /// How many items follow, each of at least so many bytes.
    ///
    /// # Errors
    ///
    /// If there cannot be so many.
    pub fn count(&mut self, least: usize) -> Result<usize, SnapshotError> {
        let count = self.varint()?;
        self.there_can_be(count, least)
    }

    /// A column of as many numbers as there is room for.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn column(&mut self, values: &mut [u64]) -> Result<(), SnapshotError> {
        let column = self.column_bytes(values.len())?;
        column.read(self, values)
    }

    /// The bytes of a column of so many numbers.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn column_bytes(&mut self, count: usize) -> Result<ColumnBytes<'a>, SnapshotError> {
        match self.byte()? {
            VARIABLE => Ok(ColumnBytes::Each),
            width @ 1..=8 => {
                let width = usize::from(width);
                Ok(ColumnBytes::All(width, self.take(width * count)?))
            }
            width => Err(SnapshotError::new(
                "a column of numbers",
                format!("one of the width {width}"),
            )),
        }
    }

    /// As [`column`](SnapshotReader::column), of lengths, with what they come to.
    ///
    /// # Errors
    ///
    /// If it is none, or they come to more than 64 bits can say.
    pub fn lengths(&mut self, values: &mut [u64]) -> Result<u64, SnapshotError> {
        self.column(values)?;
        let sum = values
            .iter()
            .try_fold(0_u64, |sum, it| sum.checked_add(*it));
        sum.ok_or_else(|| SnapshotError::new("a column of lengths", "too long ones"))
    }

    /// Fails if there cannot be so many items more, each of at least so many bytes.
    ///
    /// # Errors
    ///
    /// As said.
    pub fn there_can_be(&self, count: u64, least: usize) -> Result<usize, SnapshotError> {
        let most = match least {
            0 => MOST_EMPTY,
            least => (self.left() / least) as u64,
        };
        if count > most {
            return Err(SnapshotError::new(
                format!("at most {most} items"),
                count.to_string(),
            ));
        }
        Ok(count as usize)
    }
}

/// How a column of numbers is written.
#[derive(Clone, Copy, Debug)]
pub enum ColumnBytes<'a> {
    /// All in so many bytes, which are these.
    All(usize, &'a [u8]),
    /// Each in as many as it needs, which are to be read.
    Each,
}

impl ColumnBytes<'_> {
    /// The numbers, as many as there is room for. Those that are to be read come from this reader.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn read(
        self,
        from: &mut SnapshotReader<'_>,
        values: &mut [u64],
    ) -> Result<(), SnapshotError> {
        let ColumnBytes::All(width, column) = self else {
            for value in values {
                *value = from.varint()?;
            }
            return Ok(());
        };
        match width {
            1 => each(values, column, widened::<1>),
            2 => each(values, column, widened::<2>),
            3 => each_of_three(values, column),
            4 => each(values, column, widened::<4>),
            5 => each(values, column, widened::<5>),
            6 => each(values, column, widened::<6>),
            7 => each(values, column, widened::<7>),
            _ => each(values, column, widened::<8>),
        }
        Ok(())
    }
}

/// The most items that may follow which take no byte: more of them say nothing, and cost time.
pub const MOST_EMPTY: u64 = 1 << 24;

fn each<const N: usize>(values: &mut [u64], column: &[u8], number: impl Fn(&[u8; N]) -> u64) {
    let (column, _) = column.as_chunks::<N>();
    for (to, from) in values.iter_mut().zip(column) {
        *to = number(from);
    }
}

/// A number of so many bytes.
#[inline]
pub fn widened<const N: usize>(bytes: &[u8; N]) -> u64 {
    let mut whole = [0; 8];
    whole[..N].copy_from_slice(bytes);
    u64::from_le_bytes(whole)
}

/// As [`each`], of three bytes: four numbers at a time, of three that have four.
fn each_of_three(values: &mut [u64], column: &[u8]) {
    const LOW: u64 = 0xff_ffff;
    let (fours, rest) = values.as_chunks_mut::<4>();
    let (column, last) = column.as_chunks::<12>();
    for (to, [a, b, c, d, e, f, g, h, rest @ ..]) in fours.iter_mut().zip(column) {
        let low = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
        let high = u64::from(u32::from_le_bytes(*rest));
        *to = [
            low & LOW,
            low >> 24 & LOW,
            low >> 48 | (high << 16) & LOW,
            high >> 8,
        ];
    }
    each(rest, last, widened::<3>);
}

#[cold]
fn short(wanted: usize, left: usize) -> SnapshotError {
    SnapshotError::new(format!("{wanted} bytes more"), left.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [u64; 12] = [
        0,
        1,
        127,
        128,
        255,
        256,
        16_383,
        16_384,
        1 << 32,
        (1 << 56) - 1,
        1 << 63,
        u64::MAX,
    ];

    #[test]
    fn numbers_are_read_as_they_were_written() {
        let mut written = Vec::new();
        for number in NUMBERS {
            let before = written.len();
            write_varint64(&mut written, number);
            assert_eq!(written.len() - before, varint_len(number), "{number}");
        }
        for number in [0, u128::from(u64::MAX) + 1, 1 << 126, u128::MAX] {
            write_varint(&mut written, number);
        }
        let mut reader = SnapshotReader::new(&written);
        for number in NUMBERS {
            assert_eq!(reader.varint().ok(), Some(number));
        }
        for number in [0, u128::from(u64::MAX) + 1, 1 << 126, u128::MAX] {
            assert_eq!(reader.varint128().ok(), Some(number));
        }
        assert_eq!(reader.left(), 0);
        for number in [0, 1, -1, i64::MIN, i64::MAX] {
            assert_eq!(unzigzag(zigzag(number)), number);
            let wide = i128::from(number) << 60;
            assert_eq!(unzigzag128(zigzag128(wide)), wide);
        }
        assert_eq!((zigzag(-1), zigzag(1)), (1, 2));
    }

    #[test]
    fn what_stands_behind_its_length_is_read_as_it_was_written() {
        for room in 1..6 {
            for len in [0, 1, 127, 128, 16_383, 16_384, 3 << 20] {
                let bytes: Vec<u8> = (0..len).map(|it| it as u8).collect();
                let mut written = vec![7];
                let found = write_behind_len(&mut written, room, |to| {
                    to.extend_from_slice(&bytes);
                    Ok::<(), ()>(())
                });
                assert_eq!(found, Ok(len));
                let mut reader = SnapshotReader::new(&written[1..]);
                assert!(reader.bytes().is_ok_and(|it| it == bytes), "{room} {len}");
                assert_eq!(reader.left(), 0);
            }
        }
    }

    #[test]
    fn columns_are_read_as_they_were_written_and_are_short() {
        // Of every width, all in the same.
        let widths = (1..=8_usize).map(|width| {
            let largest = 1 << (8 * width - 1);
            ((0..100).map(|it| largest + it).collect(), 1 + 100 * width)
        });
        let cases: [(Vec<u64>, usize); 5] = [
            (vec![7; 100], 101),
            ((0..300).collect(), 473),
            ((0..1000).map(|it| it << 12).collect(), 3001),
            (vec![u64::MAX; 3], 25),
            // One large number among many small ones.
            (
                (0..1000)
                    .map(|it| if it == 5 { u64::MAX } else { 3 })
                    .collect(),
                1010,
            ),
        ];
        for (values, len) in cases.into_iter().chain(widths) {
            let mut written = Vec::new();
            write_column(&mut written, &values);
            assert_eq!(written.len(), len, "{:?}", &values[..3]);
            let mut read = vec![1; values.len()];
            let mut reader = SnapshotReader::new(&written);
            reader.column(&mut read).expect("a column");
            assert_eq!(read, values);
            assert_eq!(reader.left(), 0);
        }
    }

    #[test]
    fn numbers_of_a_column_are_written_as_others_are() {
        let near = |number: u64| [number.wrapping_sub(1), number, number + 1];
        let mut numbers: Vec<u64> = (0..64).flat_map(|bits| near(1 << bits)).collect();
        numbers.extend((1..=64).map(|bits| u64::MAX >> (64 - bits)));
        numbers.extend((0..64).map(|bits| 0x0123_4567_89ab_cdef_u64.rotate_left(bits)));
        let (mut written, mut expected) = (vec![5], vec![5, VARIABLE]);
        write_each(&mut written, numbers.iter().copied());
        numbers
            .iter()
            .for_each(|it| write_varint64(&mut expected, *it));
        assert_eq!(written, expected);
    }

    #[test]
    fn what_is_cut_or_too_large_is_refused() {
        let read = |bytes: &[u8]| SnapshotReader::new(bytes).varint().is_ok();
        assert!(!read(&[]) && !read(&[0x80]) && !read(&[0xff; 10]));
        assert!(read(&[
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1
        ]));
        assert!(!read(&[
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2
        ]));
        let mut column = [0; 4];
        for bytes in [&[9, 0, 0][..], &[2, 1], &[0, 1, 1, 1, 1], &[VARIABLE, 1]] {
            assert!(SnapshotReader::new(bytes).column(&mut column).is_err());
        }
        let mut count = Vec::new();
        write_varint64(&mut count, 5);
        count.extend([0; 4]);
        assert!(SnapshotReader::new(&count).count(1).is_err());
        assert_eq!(SnapshotReader::new(&count).count(0).ok(), Some(5));
        assert!(SnapshotReader::new(&[5, 1]).bytes().is_err());
    }
}
