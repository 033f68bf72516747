//! How numbers, texts and columns of numbers are written: by no layout, pointer width or byte order of a machine.

use super::error::SnapshotError;

/// How many items one column of numbers is of at most: a container's items are written so many at a time.
pub const CHUNK: usize = 1024;

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
/// needs, whichever is shorter.
pub fn write_column(to: &mut Vec<u8>, values: &[u64]) {
    let all = values.iter().fold(0, |all, value| all | value);
    let width = (64 - all.leading_zeros()).div_ceil(8).max(1) as usize;
    if width > 1 {
        let variable: usize = values.iter().map(|value| varint_len(*value)).sum();
        // A column of one width is read faster.
        if variable * 16 < width * values.len() * 15 {
            to.push(VARIABLE);
            to.reserve(variable);
            for value in values {
                write_varint64(to, *value);
            }
            return;
        }
    }
    to.push(width as u8);
    // The room is made once, and each number goes to its place in it.
    let from = to.len();
    to.resize(from + width * values.len(), 0);
    let room = &mut to[from..];
    match width {
        1 => narrowed(values, room, |value| [value as u8]),
        2 => narrowed(values, room, |value| (value as u16).to_le_bytes()),
        3 => narrowed(values, room, |value| {
            let [a, b, c, ..] = value.to_le_bytes();
            [a, b, c]
        }),
        4 => narrowed(values, room, |value| (value as u32).to_le_bytes()),
        8 => narrowed(values, room, u64::to_le_bytes),
        width => {
            for (value, room) in values.iter().zip(room.chunks_exact_mut(width)) {
                room.copy_from_slice(&value.to_le_bytes()[..width]);
            }
        }
    }
}

/// Writes numbers of which so many bytes are needed.
fn narrowed<const N: usize>(values: &[u64], room: &mut [u8], bytes: impl Fn(u64) -> [u8; N]) {
    let (places, _) = room.as_chunks_mut::<N>();
    for (value, place) in values.iter().zip(places) {
        *place = bytes(*value);
    }
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

    /// A column of as many numbers as there is room for.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn column(&mut self, values: &mut [u64]) -> Result<(), SnapshotError> {
        let width = match self.byte()? {
            VARIABLE => {
                for value in values {
                    *value = self.varint()?;
                }
                return Ok(());
            }
            width @ 1..=8 => usize::from(width),
            width => {
                return Err(SnapshotError::new(
                    "a column of numbers",
                    format!("one of the width {width}"),
                ));
            }
        };
        let column = self.take(width * values.len())?;
        match width {
            1 => (values.iter_mut().zip(column)).for_each(|(to, byte)| *to = u64::from(*byte)),
            2 => each(values, column, |it| u64::from(u16::from_le_bytes(*it))),
            3 => each(values, column, |[a, b, c]| {
                u64::from_le_bytes([*a, *b, *c, 0, 0, 0, 0, 0])
            }),
            4 => each(values, column, |it| u64::from(u32::from_le_bytes(*it))),
            8 => each(values, column, |it| u64::from_le_bytes(*it)),
            width => {
                for (to, from) in values.iter_mut().zip(column.chunks_exact(width)) {
                    let mut whole = [0; 8];
                    whole[..width].copy_from_slice(from);
                    *to = u64::from_le_bytes(whole);
                }
            }
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
