//! Blocks that are compressed, by LZ4: four bytes that say how long a block was, the lowest first, and the block.

use super::error::SnapshotError;

/// How many times shorter LZ4 makes anything at most: what says that it was longer is damaged.
const MOST: usize = 255;

/// A shorter form, if there is one.
#[cfg(feature = "lz4")]
pub(super) fn compressed(payload: &[u8]) -> Option<Vec<u8>> {
    let len = u32::try_from(payload.len()).ok()?;
    let mut packed = len.to_le_bytes().to_vec();
    packed.extend(lz4_flex::block::compress(payload));
    (packed.len() < payload.len()).then_some(packed)
}

#[cfg(not(feature = "lz4"))]
pub(super) fn compressed(_: &[u8]) -> Option<Vec<u8>> {
    None
}

/// Adds what a block was before it was compressed.
pub(super) fn unpack(packed: &[u8], to: &mut Vec<u8>) -> Result<(), SnapshotError> {
    let Some((len, packed)) = packed.split_first_chunk::<4>() else {
        return Err(SnapshotError::new("a compressed block", "less"));
    };
    let len = u32::from_le_bytes(*len) as usize;
    if len > packed.len().saturating_mul(MOST) {
        return Err(SnapshotError::new(
            "a block that was compressed",
            format!("{} bytes, which are to become {len}", packed.len()),
        ));
    }
    decompress(packed, len, to)
}

#[cfg(feature = "lz4")]
fn decompress(packed: &[u8], len: usize, to: &mut Vec<u8>) -> Result<(), SnapshotError> {
    let from = to.len();
    to.resize(from + len, 0);
    match lz4_flex::block::decompress_into(packed, &mut to[from..]) {
        Ok(found) if found == len => Ok(()),
        Ok(found) => Err(SnapshotError::new(
            format!("{len} bytes"),
            found.to_string(),
        )),
        Err(error) => Err(SnapshotError::new("a compressed block", error.to_string())),
    }
}

#[cfg(not(feature = "lz4"))]
fn decompress(_: &[u8], _: usize, _: &mut Vec<u8>) -> Result<(), SnapshotError> {
    Err(SnapshotError::new(
        "a block that is not compressed, without the feature `lz4`",
        "one that is",
    ))
}

#[cfg(all(test, feature = "lz4"))]
mod tests {
    use super::*;

    #[test]
    fn what_says_that_it_was_longer_than_it_can_have_been_takes_no_memory() {
        for (packed, len) in [
            (&[0_u8; 3][..], 1_u32),
            (&[0; 3], 766),
            (&[0xff; 40], 10_000),
        ] {
            let bytes = [&len.to_le_bytes(), packed].concat();
            let mut to = Vec::new();
            assert!(unpack(&bytes, &mut to).is_err());
            assert!(to.len() <= 10_000);
        }
        assert!(unpack(&[1, 0], &mut Vec::new()).is_err());
        assert!(unpack(&u32::MAX.to_le_bytes(), &mut Vec::new()).is_err());
    }

    #[test]
    fn what_was_changed_is_refused_or_as_long_as_it_says() {
        let good: Vec<u8> = (0..600_u32).flat_map(|it| (it / 7).to_le_bytes()).collect();
        let packed = compressed(&good).expect("it is shorter");
        let mut to = Vec::new();
        unpack(&packed, &mut to).expect("what was compressed");
        assert_eq!(to, good);
        let mut refused = 0;
        for place in 0..packed.len() {
            for bit in 0..8 {
                let mut changed = packed.clone();
                changed[place] ^= 1 << bit;
                let says = u32::from_le_bytes([changed[0], changed[1], changed[2], changed[3]]);
                let mut to = vec![1];
                match unpack(&changed, &mut to) {
                    Ok(()) => assert_eq!(to.len(), 1 + says as usize),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > 0);
    }
}
