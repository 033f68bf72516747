//! The digest of a block that is being written.
//!
//! A block may be as large as a state, and much larger than the caches of a processor. So what was written is digested while
//! it is in there, part by part: BLAKE3 is a tree, and a part of so many bytes is a subtree of it, whose value is worked out
//! without what comes before. The first part is the last: it holds how long the block is. So are those that hold the length
//! of something else that is not written yet.

use blake3::Hasher;
use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root,
};

/// How much of a file is no block yet.
pub const BEGIN: usize = 16;

/// How long a digest is.
pub const DIGEST: usize = blake3::OUT_LEN;

/// How long a part is. A power of two of chunks, so that each part is a subtree.
const PART: usize = 16 << 10;

/// Digests a block, which lies in its room behind what was written before. It counts from what the file begins with, which is
/// digested before the block.
#[derive(Debug, Default)]
pub struct BlockDigest {
    /// Where the block begins in its room.
    at: usize,
    /// Of each part that is known, up to the last of them.
    parts: Vec<Option<ChainingValue>>,
    /// How long the room is when another part is whole.
    next: usize,
}

impl BlockDigest {
    /// Of a block that begins there in its room.
    pub(super) fn begin(&mut self, at: usize) {
        self.at = at;
        self.parts.clear();
        self.stays_from(at);
    }

    /// Forgets what is known: the block becomes another.
    pub(super) fn forget(&mut self) {
        self.changes_from(self.at);
    }

    /// Says that what is written behind this place of the room is not changed any more, so that it may be digested at once.
    /// What stands before it and is not digested yet, such as a length that is written later, is digested at the end.
    pub fn stays_from(&mut self, place: usize) {
        let first = (place - self.at + BEGIN).div_ceil(PART);
        self.parts.resize(first, None);
        self.next = self.room_of(first + 1);
    }

    /// Says that what was written behind this place of the room has changed after all. It is digested at the end, and so is
    /// what follows, until [`stays_from`](BlockDigest::stays_from).
    pub fn changes_from(&mut self, place: usize) {
        self.parts.truncate((place - self.at + BEGIN) / PART);
        self.next = usize::MAX;
    }

    /// Digests the parts that have become whole.
    #[inline]
    pub fn so_far(&mut self, room: &[u8]) {
        if room.len() >= self.next {
            self.digest_parts(room);
        }
    }

    #[inline(never)]
    fn digest_parts(&mut self, room: &[u8]) {
        while room.len() >= self.next {
            let part = self.parts.len();
            let bytes = &room[self.next - PART..self.next];
            self.parts.push(Some(of_part(part, &[], bytes)));
            self.next += PART;
        }
    }

    /// How long the room is with so many parts.
    fn room_of(&self, parts: usize) -> usize {
        self.at + parts * PART - BEGIN
    }

    /// The digest of a file's beginning and all of the block, which is the rest of the room.
    pub(super) fn finish(&mut self, begin: &[u8; BEGIN], room: &[u8]) -> [u8; DIGEST] {
        let block = &room[self.at..];
        let parts = (BEGIN + block.len()).div_ceil(PART);
        if parts == 1 || self.parts.iter().all(Option::is_none) {
            return of_whole(begin, block);
        }
        let known = self.parts.iter().copied().chain(std::iter::repeat(None));
        let values: Vec<ChainingValue> = known
            .take(parts)
            .enumerate()
            .map(|(part, known)| {
                known.unwrap_or_else(|| match part {
                    0 => of_part(part, begin, &block[..PART - BEGIN]),
                    _ => {
                        let from = part * PART - BEGIN;
                        of_part(part, &[], &block[from..block.len().min(from + PART)])
                    }
                })
            })
            .collect();
        let (left, right) = values.split_at(left_of(parts));
        let root = merge_subtrees_root(&merged(left), &merged(right), Mode::Hash);
        *root.as_bytes()
    }
}

/// The digest of what a file begins with and of a block.
pub(super) fn of_whole(begin: &[u8; BEGIN], block: &[u8]) -> [u8; DIGEST] {
    let mut hasher = Hasher::new();
    hasher.update(begin);
    hasher.update(block);
    *hasher.finalize().as_bytes()
}

fn of_part(part: usize, begin: &[u8], bytes: &[u8]) -> ChainingValue {
    let mut hasher = Hasher::new();
    hasher.set_input_offset((part * PART) as u64);
    hasher.update(begin);
    hasher.update(bytes);
    hasher.finalize_non_root()
}

/// How many of so many parts are the left subtree: the largest power of two that is less.
fn left_of(parts: usize) -> usize {
    parts.div_ceil(2).next_power_of_two()
}

fn merged(values: &[ChainingValue]) -> ChainingValue {
    match values {
        [value] => *value,
        _ => {
            let (left, right) = values.split_at(left_of(values.len()));
            merge_subtrees_non_root(&merged(left), &merged(right), Mode::Hash)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of which no part is as another.
    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at / 251 + at % 251) as u8).collect()
    }

    const BEGIN_OF_FILE: [u8; BEGIN] = *b"what comes first";

    /// The lengths at which another part begins, and those beside them.
    fn lengths() -> impl Iterator<Item = usize> {
        (1..20).flat_map(|parts| {
            let whole = parts * PART - BEGIN;
            [whole - 1, whole, whole + 1, whole + PART / 3]
        })
    }

    #[test]
    fn a_block_has_the_same_digest_however_it_was_digested() {
        let before = 77;
        for len in lengths() {
            let block = bytes(len);
            let expected = of_whole(&BEGIN_OF_FILE, &block);
            for (stays_from, step) in [
                (16, 100),
                (16, PART),
                (PART, 7 * PART),
                (len / 2, 1000),
                (len, 1),
            ] {
                let mut room = vec![0; before];
                let mut digest = BlockDigest::default();
                digest.begin(room.len());
                room.extend_from_slice(&block[..stays_from.min(len)]);
                digest.stays_from(room.len());
                for more in block[stays_from.min(len)..].chunks(step) {
                    room.extend_from_slice(more);
                    digest.so_far(&room);
                }
                // What holds a length is written at the end.
                let found = digest.finish(&BEGIN_OF_FILE, &room);
                assert_eq!(found, expected, "{len} bytes, from {stays_from}, by {step}");
            }
        }
    }

    #[test]
    fn what_may_change_is_digested_at_the_end() {
        let mut room = bytes(9 * PART);
        let mut digest = BlockDigest::default();
        digest.begin(0);
        // A length, a state, and another one, each of which is written before its length.
        for (length, end) in [
            (20, 3 * PART),
            (3 * PART, 7 * PART + 5),
            (7 * PART + 5, 9 * PART),
        ] {
            digest.stays_from(length + 4);
            digest.so_far(&room[..end]);
            assert!(digest.parts.iter().any(Option::is_some));
            room[length] ^= 1;
        }
        assert_eq!(
            digest.finish(&BEGIN_OF_FILE, &room),
            of_whole(&BEGIN_OF_FILE, &room)
        );
    }

    #[test]
    fn what_has_changed_is_digested_once_more() {
        for from in [
            0,
            1,
            PART - BEGIN - 1,
            PART - BEGIN,
            PART,
            3 * PART,
            5 * PART - 1,
        ] {
            let mut room = bytes(5 * PART);
            let mut digest = BlockDigest::default();
            digest.begin(0);
            digest.stays_from(16);
            digest.so_far(&room);
            room.insert(from, 7);
            digest.changes_from(from);
            digest.so_far(&room);
            assert_eq!(
                digest.finish(&BEGIN_OF_FILE, &room),
                of_whole(&BEGIN_OF_FILE, &room),
                "{from}"
            );
        }
    }
}
