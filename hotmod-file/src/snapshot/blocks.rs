//! The blocks that a snapshot consists of, each with its length and its digest.
//!
//! A file is [`MAGIC`], the version of the format, what is said of the whole file, and blocks. A block is its kind, whether
//! it is compressed, its number, how long it is, that many bytes, and the BLAKE3 digest of what the file begins with and of
//! all of these. The last block is the footer, with the digest of all other digests: so a file that was cut, and one whose
//! blocks were exchanged, are told from a whole one. Of a block that is compressed, length and digest are those of what is
//! in the file.

use std::io::{self, Write};

use super::digests::of_whole;
use super::error::SnapshotError;
use super::packed;

pub use super::digests::{BEGIN, BlockDigest, DIGEST};

/// What a snapshot begins with.
pub const MAGIC: [u8; 8] = *b"hotmod\0S";

/// The version of the rest.
pub const FORMAT: u32 = 3;

/// Where in a file the kind of the first block is.
pub(super) const FIRST_KIND: u64 = BEGIN as u64;

const HEADER: usize = 16;

/// What is said of a whole file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileFlags {
    /// Fields that are secret are left out.
    pub without_secrets: bool,
}

impl FileFlags {
    fn to_bits(self) -> u32 {
        u32::from(self.without_secrets)
    }

    fn of_bits(bits: u32) -> Option<Self> {
        let flags = FileFlags {
            without_secrets: bits & 1 != 0,
        };
        (flags.to_bits() == bits).then_some(flags)
    }
}

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BlockKind {
    /// A version of a module: its digest, and its manifest as it is in the module's file.
    Build = 1,
    /// A pool, or an instance without a key, by its name.
    Group = 2,
    /// Instances of a group, each with its version, key and state.
    States = 3,
    /// How many of each there are. The last block.
    Footer = 4,
    /// The file that this one continues, and its last digest.
    Base = 5,
    /// Keys of instances of a group that are as in that file.
    Kept = 6,
}

impl BlockKind {
    fn of(byte: u8) -> Option<Self> {
        use BlockKind::{Base, Build, Footer, Group, Kept, States};
        [Build, Group, States, Footer, Base, Kept]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }

    /// As messages name it.
    pub fn as_str(self) -> &'static str {
        match self {
            BlockKind::Build => "build",
            BlockKind::Group => "group",
            BlockKind::States => "states",
            BlockKind::Footer => "footer",
            BlockKind::Base => "base",
            BlockKind::Kept => "kept",
        }
    }
}

/// What blocks are written to.
pub trait BlockTarget {
    /// Where blocks are put together, each behind those that were not passed on yet.
    fn room(&mut self) -> &mut Vec<u8>;

    /// Passes on what is in the room, if it does not stay there and is enough.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn pass_on(&mut self) -> io::Result<()>;

    /// Passes on all that is left.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn end(&mut self) -> io::Result<()>;
}

/// Memory: blocks stay where they were put together.
impl BlockTarget for Vec<u8> {
    fn room(&mut self) -> &mut Vec<u8> {
        self
    }

    fn pass_on(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From how many bytes on blocks are passed on.
const ENOUGH: usize = 256 << 10;

/// Anything that can be written to.
#[derive(Debug, Default)]
pub struct BlockStream<W> {
    to: W,
    room: Vec<u8>,
}

impl<W: Write> BlockStream<W> {
    /// To this.
    pub fn new(to: W) -> Self {
        BlockStream {
            to,
            room: Vec::new(),
        }
    }

    /// What it was written to.
    pub fn into_inner(self) -> W {
        self.to
    }
}

impl<W: Write> BlockTarget for BlockStream<W> {
    fn room(&mut self) -> &mut Vec<u8> {
        &mut self.room
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if self.room.len() >= ENOUGH {
            self.to.write_all(&self.room)?;
            self.room.clear();
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.to.write_all(&self.room)?;
        self.room.clear();
        self.to.flush()
    }
}

/// Writes a file block by block.
pub struct BlockWriter<T> {
    to: T,
    begin: [u8; BEGIN],
    compresses: bool,
    number: u32,
    /// What the open block holds, and where in the room it begins.
    open: Option<(BlockKind, usize)>,
    /// Of the open block.
    digest: BlockDigest,
    /// Of all digests so far.
    digests: blake3::Hasher,
    last: [u8; DIGEST],
    written: u64,
}

impl<T: BlockTarget> BlockWriter<T> {
    /// Begins a file.
    pub fn begin(mut to: T, flags: FileFlags) -> Self {
        let mut begin = [0; BEGIN];
        begin[..8].copy_from_slice(&MAGIC);
        begin[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        begin[12..].copy_from_slice(&flags.to_bits().to_le_bytes());
        to.room().extend_from_slice(&begin);
        BlockWriter {
            to,
            begin,
            compresses: false,
            number: 0,
            open: None,
            digest: BlockDigest::default(),
            digests: blake3::Hasher::new(),
            last: [0; DIGEST],
            written: BEGIN as u64,
        }
    }

    /// Has blocks be compressed where that makes them shorter.
    #[cfg(feature = "lz4")]
    pub fn compress(&mut self, compresses: bool) {
        self.compresses = compresses;
    }

    /// How many bytes the blocks have that were closed so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Begins a block, once the one before is closed. What it holds is put behind what is in its room.
    pub fn open(&mut self, kind: BlockKind) -> &mut Vec<u8> {
        self.close();
        let room = self.to.room();
        self.open = Some((kind, room.len()));
        self.digest.begin(room.len());
        room.extend([0; HEADER]);
        room
    }

    /// The room of the block that is open, with what it holds so far behind what was there before, and what digests it
    /// meanwhile, unless it is another once it is compressed.
    pub fn opened(&mut self) -> (&mut Vec<u8>, Option<&mut BlockDigest>) {
        let digest = (!self.compresses).then_some(&mut self.digest);
        (self.to.room(), digest)
    }

    /// How many bytes the open block holds so far.
    pub fn len(&mut self) -> usize {
        let all = self.to.room().len();
        self.open.map_or(0, |(_, begin)| all - begin - HEADER)
    }

    /// Whether the open block holds nothing, or none is open.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// Closes the block that is open, if one is.
    pub fn close(&mut self) {
        let Some((kind, begin)) = self.open.take() else {
            return;
        };
        let room = self.to.room();
        let packed = match self.compresses {
            true => packed::compressed(&room[begin + HEADER..]),
            false => None,
        };
        if let Some(packed) = &packed {
            room.truncate(begin + HEADER);
            room.extend_from_slice(packed);
            self.digest.forget();
        }
        self.end(kind, begin, packed.is_some());
    }

    /// Writes what is said of a block that begins there, and its digest.
    fn end(&mut self, kind: BlockKind, begin: usize, is_packed: bool) {
        let room = self.to.room();
        let len = (room.len() - begin - HEADER) as u64;
        let mut header = header(kind, self.number, len);
        header[1] = is_packed.into();
        room[begin..begin + HEADER].copy_from_slice(&header);
        let digest = self.digest.finish(&self.begin, room);
        debug_assert_eq!(digest, of_whole(&self.begin, &room[begin..]));
        room.extend_from_slice(&digest);
        self.digests.update(&digest);
        self.last = digest;
        self.number += 1;
        self.written += HEADER as u64 + len + DIGEST as u64;
    }

    /// Writes a block as it is in a file, which says whether it is compressed.
    #[doc(hidden)]
    pub fn block_as_it_is(&mut self, kind: BlockKind, is_packed: bool, payload: &[u8]) {
        self.open(kind).extend_from_slice(payload);
        if let Some((kind, begin)) = self.open.take() {
            self.end(kind, begin, is_packed);
        }
    }

    /// Passes on the blocks that are closed, if they are enough. None is open.
    ///
    /// # Errors
    ///
    /// If they cannot be written. What follows has no meaning then.
    pub fn pass_on(&mut self) -> io::Result<()> {
        debug_assert!(self.open.is_none(), "bug in hotmod: a block is open");
        self.to.pass_on()
    }

    /// Writes a block.
    pub fn block(&mut self, kind: BlockKind, payload: &[u8]) {
        self.open(kind).extend_from_slice(payload);
        self.close();
    }

    /// Writes the footer, which says so much beside the digest of all blocks, and gives what was written to, with how
    /// many bytes that were, and the last digest, by which the file is known.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn finish(mut self, says: &[u8]) -> io::Result<(T, u64, [u8; DIGEST])> {
        self.close();
        let mut payload = self.digests.finalize().as_bytes().to_vec();
        payload.extend_from_slice(says);
        // Its beginning says whether the file is whole.
        self.compresses = false;
        self.block(BlockKind::Footer, &payload);
        self.to.end()?;
        Ok((self.to, self.written, self.last))
    }
}

fn header(kind: BlockKind, number: u32, len: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[0] = kind as u8;
    header[4..8].copy_from_slice(&number.to_le_bytes());
    header[8..].copy_from_slice(&len.to_le_bytes());
    header
}

/// A block whose digest is that of its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// What it holds.
    pub kind: BlockKind,
    /// Its place among all blocks.
    pub number: u32,
    /// Where it begins in the file.
    pub offset: u64,
    /// Whether it is compressed.
    pub is_packed: bool,
    /// What it holds, as it is in the file; of a footer, what it says beside the digest.
    pub payload: &'a [u8],
}

impl Block<'_> {
    /// The error, in this block.
    pub(super) fn fails(&self, error: SnapshotError) -> SnapshotError {
        error.in_block(self.number, self.kind.as_str(), self.offset)
    }
}

/// The blocks of a file, up to the first that is not as it was written, and what is wrong with that.
pub fn blocks(bytes: &[u8]) -> (Vec<Block<'_>>, Option<SnapshotError>) {
    let mut found = Vec::new();
    let fault = walk(bytes, &mut found).err();
    (found, fault)
}

/// What is said of the whole file, as far as it says so.
pub fn flags(bytes: &[u8]) -> FileFlags {
    let bits = bytes.get(12..16).and_then(|bits| bits.try_into().ok());
    let flags = bits.and_then(|bits| FileFlags::of_bits(u32::from_le_bytes(bits)));
    flags.unwrap_or_default()
}

/// Whether what a file begins with is what this version of hotmod writes: its blocks can be read, unless they are damaged.
pub fn is_of_this_format(begin: &[u8]) -> bool {
    let Some((begin, _)) = begin.split_first_chunk::<BEGIN>() else {
        return false;
    };
    let bits = u32::from_le_bytes([begin[12], begin[13], begin[14], begin[15]]);
    begin[..8] == MAGIC
        && begin[8..12] == FORMAT.to_le_bytes()
        && FileFlags::of_bits(bits).is_some()
}

fn walk<'a>(bytes: &'a [u8], found: &mut Vec<Block<'a>>) -> Result<(), SnapshotError> {
    let Some((begin, mut rest)) = bytes.split_first_chunk::<BEGIN>() else {
        return Err(SnapshotError::new(
            "a snapshot",
            format!("{} bytes", bytes.len()),
        ));
    };
    if begin[..8] != MAGIC {
        return Err(SnapshotError::new("a snapshot", "a file of another kind"));
    }
    if begin[8..12] != FORMAT.to_le_bytes() {
        let found = u32::from_le_bytes([begin[8], begin[9], begin[10], begin[11]]);
        let expected = format!("version {FORMAT} of the format");
        let writes = match found > FORMAT {
            true => "which a newer hotmod writes: read it with that",
            false => "which an earlier hotmod wrote: restore it with that, and write it anew",
        };
        let found = format!("version {found}, {writes}");
        return Err(SnapshotError::new(expected, found));
    }
    let bits = u32::from_le_bytes([begin[12], begin[13], begin[14], begin[15]]);
    if FileFlags::of_bits(bits).is_none() {
        let expected = "what this version of hotmod knows of a file";
        return Err(SnapshotError::new(expected, format!("bits {bits:#x}")));
    }
    let mut digests = blake3::Hasher::new();
    for number in 0.. {
        let offset = (bytes.len() - rest.len()) as u64;
        let fails = |kind: &'static str, expected: String, found: String| {
            SnapshotError::new(expected, found).in_block(number, kind, offset)
        };
        let Some((header, after)) = rest.split_first_chunk::<HEADER>() else {
            let left = format!("{} bytes: the file was cut", rest.len());
            return Err(fails("lost", "a block or the footer".to_owned(), left));
        };
        let Some(kind) = BlockKind::of(header[0]) else {
            return Err(fails(
                "unknown",
                "a kind of block".to_owned(),
                header[0].to_string(),
            ));
        };
        let (numbered, len) = header[4..].split_at(4);
        if header[1] > 1 || header[2..4] != [0; 2] || numbered != number.to_le_bytes() {
            let found = "the header of another".to_owned();
            return Err(fails(kind.as_str(), format!("block {number}"), found));
        }
        let len = len
            .iter()
            .rev()
            .fold(0, |len, byte| (len << 8) | u64::from(*byte));
        let len = usize::try_from(len).ok();
        let split = len.and_then(|len| {
            let (payload, after) = after.split_at_checked(len)?;
            Some((payload, after.split_first_chunk::<DIGEST>()?))
        });
        let Some((payload, (written, after))) = split else {
            let left = format!("{} bytes: the file was cut", after.len());
            return Err(fails(kind.as_str(), "all of its bytes".to_owned(), left));
        };
        if of_whole(begin, &rest[..HEADER + payload.len()]) != *written {
            let expected = "the bytes that were written".to_owned();
            let found = "others, by their digest".to_owned();
            return Err(fails(kind.as_str(), expected, found));
        }
        let payload = match kind {
            BlockKind::Footer => match payload.strip_prefix(digests.finalize().as_bytes()) {
                Some(says) => says,
                None => {
                    let expected = "the digest of all blocks".to_owned();
                    return Err(fails(kind.as_str(), expected, "another".to_owned()));
                }
            },
            _ => payload,
        };
        found.push(Block {
            kind,
            number,
            offset,
            is_packed: header[1] == 1,
            payload,
        });
        if kind == BlockKind::Footer {
            return match after.len() {
                0 => Ok(()),
                len => {
                    let found = format!("{len} bytes more");
                    Err(fails("footer", "the end of the file".to_owned(), found))
                }
            };
        }
        digests.update(written);
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut writer = BlockWriter::begin(Vec::new(), FileFlags::default());
        writer.block(BlockKind::Build, b"one");
        writer.block(BlockKind::States, b"another");
        let (bytes, written, _) = writer.finish(b"two").expect("memory");
        assert_eq!(bytes.len() as u64, written);
        bytes
    }

    #[test]
    fn blocks_are_found_as_they_were_written() {
        let bytes = file();
        let (found, fault) = blocks(&bytes);
        assert!(fault.is_none(), "{fault:?}");
        let found: Vec<_> = found.iter().map(|it| (it.kind, it.payload)).collect();
        let expected: [(BlockKind, &[u8]); 3] = [
            (BlockKind::Build, b"one"),
            (BlockKind::States, b"another"),
            (BlockKind::Footer, b"two"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found_in_its_block() {
        let bytes = file();
        let ends: Vec<usize> = {
            let (found, _) = blocks(&bytes);
            found.iter().map(|it| it.offset as usize).collect()
        };
        let block_of = |place: usize| ends.iter().rposition(|it| *it <= place);
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[place] ^= 1 << bit;
                let (found, fault) = blocks(&flipped);
                let fault = fault.unwrap_or_else(|| panic!("byte {place}, bit {bit}"));
                let block = fault.block().map(|it| it as usize);
                // What is said of the whole file is in the digest of each block.
                let is_of_all = place == 12 && bit == 0;
                let expected = if is_of_all { Some(0) } else { block_of(place) };
                assert_eq!(block, expected, "{fault}");
                assert_eq!(found.len(), block.unwrap_or(0), "{fault}");
            }
            let (found, fault) = blocks(&bytes[..place]);
            assert!(fault.is_some(), "cut at {place}");
            assert!(found.len() < 3);
        }
    }

    #[test]
    fn blocks_of_another_place_and_what_follows_are_refused() {
        let bytes = file();
        let mut longer = bytes.clone();
        longer.push(0);
        let (found, fault) = blocks(&longer);
        assert_eq!((found.len(), fault.and_then(|it| it.block())), (3, Some(2)));
        let mut lacks = bytes[..16].to_vec();
        let (found, _) = blocks(&bytes);
        lacks.extend_from_slice(&bytes[found[1].offset as usize..]);
        assert_eq!(blocks(&lacks).1.and_then(|it| it.block()), Some(0));
    }

    #[cfg(feature = "lz4")]
    #[test]
    fn blocks_are_compressed_where_that_makes_them_shorter() {
        let alike = vec![7; 10_000];
        let unlike: Vec<u8> = (0..100).collect();
        let mut writer = BlockWriter::begin(Vec::new(), FileFlags::default());
        writer.compress(true);
        for payload in [&alike, &unlike] {
            writer.block(BlockKind::States, payload);
        }
        let (bytes, ..) = writer.finish(b"").expect("memory");
        assert!(bytes.len() < 1000);
        let (found, fault) = blocks(&bytes);
        assert!(fault.is_none(), "{fault:?}");
        let packed: Vec<bool> = found.iter().map(|it| it.is_packed).collect();
        assert_eq!(packed, [true, false, false]);
        let mut all = Vec::new();
        packed::unpack(found[0].payload, &mut all).expect("a block");
        assert_eq!(all, alike);
    }
}
