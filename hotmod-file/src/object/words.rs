//! Little-endian words at any offset of a byte slice.
//!
//! The `object` crate's own structs want aligned input, which a file in memory need not be; so the
//! neighbouring files use only its constants and hash functions.

pub(super) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    array_at(bytes, offset).map(u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    array_at(bytes, offset).map(u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    array_at(bytes, offset).map(u64::from_le_bytes)
}

fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

/// The bytes from `offset` up to a NUL, if one follows within `most` bytes.
///
/// Without the limit, reading many names that share one long tail would read that tail once for each.
pub(super) fn string_at(bytes: &[u8], offset: u64, most: usize) -> Option<&[u8]> {
    let tail = bytes.get(usize::try_from(offset).ok()?..)?;
    let window = tail.get(..most).unwrap_or(tail);
    let end = window.iter().position(|&byte| byte == 0)?;
    window.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_outside_are_none() {
        let bytes = [1, 0, 0, 0, 2];
        assert_eq!(u32_at(&bytes, 0), Some(1));
        assert_eq!(u16_at(&bytes, 4), None);
        assert_eq!(u64_at(&bytes, 0), None);
        assert_eq!(u16_at(&bytes, usize::MAX), None);
    }

    #[test]
    fn strings_end_inside_the_limit() {
        let bytes = b"ab\0cdef\0gh";
        assert_eq!(string_at(bytes, 0, 100), Some(&b"ab"[..]));
        assert_eq!(string_at(bytes, 2, 100), Some(&b""[..]));
        assert_eq!(string_at(bytes, 3, 4), None);
        assert_eq!(string_at(bytes, 8, 100), None);
        assert_eq!(string_at(bytes, u64::MAX, 100), None);
    }
}
