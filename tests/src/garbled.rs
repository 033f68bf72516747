//! Wrong manifests and files, made of good ones: what single damage, a tool's mistake or an enemy
//! makes of them.

use crate::manifest;
use crate::mixed::{Numbers, Tables};

/// A record of a manifest, to be written again.
#[derive(Clone, Debug)]
struct Record {
    kind: u8,
    flags: u8,
    payload: Vec<u8>,
}

/// A good manifest, taken apart.
#[derive(Clone, Debug)]
pub struct Manifest(Vec<Record>);

/// The records of a section.
fn records(section: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let mut rest = section;
    while let Some(start) = rest.iter().position(|byte| *byte != 0) {
        let length = rest[start + 6..start + 10].try_into().expect("four bytes");
        let length = usize::try_from(u32::from_le_bytes(length)).expect("a length in memory");
        let payload = start + 10;
        records.push(Record {
            kind: rest[start + 4],
            flags: rest[start + 5],
            payload: rest[payload..payload + length].to_vec(),
        });
        rest = &rest[payload + length..];
    }
    records
}

fn interesting(numbers: &mut Numbers) -> u32 {
    const EDGES: [u32; 12] = [
        0,
        1,
        2,
        7,
        8,
        64,
        255,
        4096,
        1 << 15,
        1 << 20,
        1 << 31,
        u32::MAX,
    ];
    EDGES[numbers.below(EDGES.len())].wrapping_sub(u32::from(numbers.below(4) == 0))
}

/// Where a text of a payload stands, its length included, if there is one from this place on.
fn text_from(payload: &[u8], from: usize) -> Option<std::ops::Range<usize>> {
    (from..payload.len().saturating_sub(4)).find_map(|at| {
        let length = payload[at..at + 4].try_into().expect("four bytes");
        let end = (at + 4).checked_add(usize::try_from(u32::from_le_bytes(length)).ok()?)?;
        let text = payload.get(at + 4..end)?;
        let is_text = !text.is_empty() && text.iter().all(u8::is_ascii_graphic);
        is_text.then_some(at..end)
    })
}

fn some_text(payload: &[u8], numbers: &mut Numbers) -> Option<std::ops::Range<usize>> {
    text_from(payload, numbers.below(payload.len()))
}

impl Manifest {
    /// The manifest in a section.
    #[must_use]
    pub fn of(section: &[u8]) -> Self {
        Manifest(records(section))
    }

    /// The manifest of a module.
    #[must_use]
    pub fn of_module(module: &[u8]) -> Self {
        let (start, end) = manifest::section(module);
        Manifest::of(&module[start..end])
    }

    /// The bytes of the manifest.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        let mut section = Vec::new();
        for record in &self.0 {
            let length = u32::try_from(record.payload.len()).expect("a length");
            section.extend_from_slice(b"hotm");
            section.extend_from_slice(&[record.kind, record.flags]);
            section.extend_from_slice(&length.to_le_bytes());
            section.extend_from_slice(&record.payload);
        }
        section
    }

    /// A copy with a few things wrong. What it takes from another manifest comes from `other`.
    #[must_use]
    pub fn garbled(&self, other: &Manifest, numbers: &mut Numbers) -> Vec<u8> {
        let mut copy = self.clone();
        for _ in 0..=numbers.below(4) {
            copy.garble(other, numbers);
        }
        let mut bytes = copy.written();
        // Now and then the frames of the records are wrong too.
        if numbers.below(8) == 0 {
            garble(&mut bytes, numbers);
        }
        bytes
    }

    fn garble(&mut self, other: &Manifest, numbers: &mut Numbers) {
        if self.0.is_empty() {
            return;
        }
        let (one, two) = (numbers.below(self.0.len()), numbers.below(self.0.len()));
        let theirs = &other.0[numbers.below(other.0.len())];
        match numbers.below(12) {
            0 => self.0.swap(one, two),
            1 => drop(self.0.remove(one)),
            2 => self.0.push(self.0[one].clone()),
            3 => self.0.push(theirs.clone()),
            4 => self.0[one].kind = theirs.kind,
            5 => self.0[one].flags ^= 1,
            // One name for another, with its length: of this manifest, or of the other.
            6..=8 => {
                let from = match numbers.below(4) {
                    0 => &theirs.payload,
                    _ => &self.0[two].payload,
                };
                let text = some_text(from, numbers).map(|text| from[text].to_vec());
                let place = some_text(&self.0[one].payload, numbers);
                if let (Some(text), Some(place)) = (text, place) {
                    self.0[one].payload.splice(place, text);
                }
            }
            // A stretch of another payload.
            9 => {
                let from = self.0[two].payload.clone();
                let start = numbers.below(from.len());
                let end = (start + 1 + numbers.below(40)).min(from.len());
                let to = &mut self.0[one].payload;
                let at = numbers.below(to.len() + 1);
                let over = match numbers.below(2) {
                    0 => at,
                    _ => (at + end - start.min(end)).min(to.len()),
                };
                to.splice(at..over, from[start.min(end)..end].iter().copied());
            }
            10 => {
                let payload = &mut self.0[one].payload;
                let start = numbers.below(payload.len());
                let end = (start + 1 + numbers.below(40)).min(payload.len());
                payload.drain(start..end.max(start));
            }
            _ => garble(&mut self.0[one].payload, numbers),
        }
    }
}

/// Makes a bit, a byte or a word wrong.
pub fn garble(bytes: &mut [u8], numbers: &mut Numbers) {
    if bytes.is_empty() {
        return;
    }
    let at = numbers.below(bytes.len());
    match numbers.below(4) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes[at] = numbers.number().to_le_bytes()[0],
        2 => bytes[at] = bytes[at].wrapping_add(1),
        _ => {
            let word = interesting(numbers).to_le_bytes();
            for (byte, value) in bytes[at..].iter_mut().zip(word) {
                *byte = value;
            }
        }
    }
}

/// A file with a few things wrong: in a table that the loader uses, in the manifest, in its length, or
/// anywhere.
#[must_use]
pub fn file(good: &[u8], tables: &Tables, numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=numbers.below(4) {
        let range = match numbers.below(16) {
            0 => {
                bytes.truncate(numbers.below(good.len()));
                continue;
            }
            1 | 2 => 0..bytes.len(),
            3..=5 => 0..64 + 56 * 14,
            _ => tables.any(numbers),
        };
        let range = range.start.min(bytes.len())..range.end.min(bytes.len());
        // Tables are long, and their first entries differ from the rest.
        let within = match numbers.below(3) {
            0 => range.start..range.end.min(range.start + 96),
            _ => range,
        };
        garble(&mut bytes[within], numbers);
    }
    bytes
}
