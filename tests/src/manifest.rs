//! The manifest of a module as bytes, to be made wrong.

use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection};

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its kind.
    pub kind: u8,
    /// Where it begins in the file.
    pub start: usize,
    /// Where its payload begins.
    pub payload: usize,
    /// Where it ends.
    pub end: usize,
}

/// What stands before a payload: the mark, the kind, the flags and the length.
const HEAD: usize = 10;

/// The records of a good module, in the order of its file.
///
/// # Panics
///
/// If there is no manifest.
#[must_use]
pub fn records(module: &[u8]) -> Vec<Record> {
    let (mut at, end) = section(module);
    let mut records = Vec::new();
    while at < end {
        if module[at] == 0 {
            at += 1; // padding between records
            continue;
        }
        let length = u32::from_le_bytes(module[at + 6..at + HEAD].try_into().expect("four bytes"));
        let payload = at + HEAD;
        let record = Record {
            kind: module[at + 4],
            start: at,
            payload,
            end: payload + usize::try_from(length).expect("a length in memory"),
        };
        at = record.end;
        records.push(record);
    }
    records
}

/// The first record of a kind.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn record(module: &[u8], kind: u8) -> Record {
    let found = records(module)
        .into_iter()
        .find(|record| record.kind == kind);
    found.unwrap_or_else(|| panic!("a record of kind {kind}"))
}

/// Where the section begins and ends in the file.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn section(module: &[u8]) -> (usize, usize) {
    let file = ElfFile64::<LittleEndian>::parse(module).expect("a module");
    let section = file.section_by_name(".hotmod").expect("a manifest");
    let (start, size) = section.file_range().expect("a section in the file");
    let start = usize::try_from(start).expect("an offset");
    (start, start + usize::try_from(size).expect("a size"))
}

/// Where a text stands in the manifest, after its length.
///
/// # Panics
///
/// If the manifest does not hold it, or more than once.
#[must_use]
pub fn text(module: &[u8], text: &str) -> usize {
    let length = u32::try_from(text.len()).expect("a length");
    let mut pattern = length.to_le_bytes().to_vec();
    pattern.extend_from_slice(text.as_bytes());
    let (start, end) = section(module);
    let mut places = module[start..end]
        .windows(pattern.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == pattern)
        .map(|(place, _)| start + place + 4);
    let place = places
        .next()
        .unwrap_or_else(|| panic!("`{text}` in the manifest"));
    assert_eq!(places.next(), None, "`{text}` stands twice in the manifest");
    place
}

/// A copy of a module whose manifest is these bytes, and zeros where the original went on.
///
/// # Panics
///
/// If they are more than the original.
#[must_use]
pub fn rewritten(module: &[u8], manifest: &[u8]) -> Vec<u8> {
    let (start, end) = section(module);
    assert!(
        manifest.len() <= end - start,
        "a manifest larger than the original"
    );
    let mut copy = module.to_vec();
    copy[start..end].fill(0);
    copy[start..start + manifest.len()].copy_from_slice(manifest);
    copy
}

/// A record of this kind, which a reader must understand.
///
/// # Panics
///
/// If the payload is larger than the format allows.
#[must_use]
pub fn written(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length");
    let mut record = b"hotm".to_vec();
    record.extend_from_slice(&[kind, 1]);
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(payload);
    record
}
