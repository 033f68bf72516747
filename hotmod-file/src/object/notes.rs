//! Notes, which glibc walks while loading: on x86-64 all notes that are aligned to 8, elsewhere those of
//! the property segment. It does not check where the segment ends.

use super::damage::Findings;
use super::segments::MappedFile;
use super::words::u32_at;

const HEADER: u64 = 12;

pub(super) fn check(image: &MappedFile<'_>, findings: &mut Findings) {
    for segment in &image.notes {
        let Some(bytes) = image.bytes(segment.memory) else {
            findings.damaged(segment, "to be in the file as a whole", segment.memory);
            continue;
        };
        // The loader does not walk other alignments, and linkers never wrote them consistently.
        for align in [4, 8] {
            if segment.align() == align
                && let Err(offset) = walk(bytes, align)
            {
                findings.damaged(
                    segment,
                    "notes that end inside it",
                    format_args!("one at offset {offset} that does not"),
                );
            }
        }
    }
}

/// Walks the notes. An error is the offset of the first note that does not fit.
fn walk(bytes: &[u8], align: u64) -> Result<(), u64> {
    let size = bytes.len() as u64;
    let mut offset = 0_u64;
    while offset + HEADER < size {
        let index = usize::try_from(offset).map_err(|_| offset)?;
        let (Some(name), Some(contents)) = (u32_at(bytes, index), u32_at(bytes, index + 4)) else {
            return Err(offset);
        };
        // Two 32-bit sizes and two roundings cannot wrap 64 bits.
        let name_end = (HEADER + u64::from(name)).next_multiple_of(align);
        let contents_end = name_end + u64::from(contents);
        if offset + contents_end > size {
            return Err(offset);
        }
        offset += contents_end.next_multiple_of(align);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: u32, contents: u32, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&name.to_le_bytes());
        bytes[4..8].copy_from_slice(&contents.to_le_bytes());
        bytes
    }

    #[test]
    fn notes_end_inside_their_segment() {
        assert_eq!(walk(&[], 8), Ok(()));
        assert_eq!(walk(&note(4, 16, 32), 8), Ok(()));
        assert_eq!(walk(&note(4, 20, 36), 4), Ok(()));
        assert_eq!(walk(&note(4, 17, 32), 8), Err(0));
        assert_eq!(walk(&note(u32::MAX, u32::MAX, 32), 8), Err(0));
        assert_eq!(
            walk(&[note(4, 16, 32), note(4, 17, 32)].concat(), 8),
            Err(32)
        );
    }
}
