//! The unwind table: where functions start and end.
//!
//! The unwinder follows it when a module panics, and checks it as little as the loader checks its own
//! tables. It also tells the start of a function from its middle; no other table of a stripped file does.

use super::damage::{Findings, Hex};
use super::segments::MappedFile;
use super::span::Span;
use super::words::{u32_at, u64_at};

const LOCATION: &str = "unwind table";

/// `DW_EH_PE` encodings that all linkers write: signed 32-bit distances, an unsigned count.
const FROM_HERE: u8 = 0x1b;
const COUNT: u8 = 0x03;
const FROM_TABLE: u8 = 0x3b;

/// The functions that the table lists, in ascending order and without overlap.
#[derive(Debug, Default)]
pub(super) struct Functions(Vec<Span>);

impl Functions {
    /// Whether `address` is inside a function but not its start.
    pub(super) fn interrupts(&self, address: u64) -> bool {
        self.last_up_to(address)
            .is_some_and(|last| last.start() != address && last.holds_address(address))
    }

    /// Whether a function is known to start at `address`.
    pub(super) fn begin_at(&self, address: u64) -> bool {
        self.last_up_to(address)
            .is_some_and(|last| last.start() == address)
    }

    /// Whether a function starts at `address`, and `size` bytes from there end before its own end or inside
    /// of another function. They may end further on: a function may have several parts, and data behind it.
    pub(super) fn are_cut_by(&self, address: u64, size: u64) -> bool {
        let Some(function) = self.last_up_to(address) else {
            return false;
        };
        let end = address.saturating_add(size);
        function.start() == address && size > 0 && (size < function.size() || self.interrupts(end))
    }

    fn last_up_to(&self, address: u64) -> Option<&Span> {
        let next = self
            .0
            .partition_point(|function| function.start() <= address);
        self.0.get(next.checked_sub(1)?)
    }
}

/// Reads the table. The result is empty where there is no table, or its encoding is not the one that all
/// linkers write.
pub(super) fn read(image: &MappedFile<'_>, findings: &mut Findings) -> Functions {
    let Some(segment) = &image.unwind else {
        return Functions::default();
    };
    let Some(table) = Table::read(image, segment.memory, findings) else {
        return Functions::default();
    };
    let mut functions = Vec::new();
    let mut lowest = 0;
    for index in 0..table.count {
        match table
            .function(image, index)
            .filter(|function| function.start() >= lowest)
        {
            Some(function) => {
                lowest = function.end();
                functions.push(function);
            }
            None => {
                findings.damaged(
                    LOCATION,
                    format_args!("entry {index} to describe a function above the last"),
                    "a description that is not there",
                );
                break;
            }
        }
    }
    Functions(functions)
}

struct Table<'a> {
    address: u64,
    entries: &'a [u8],
    count: u64,
}

impl<'a> Table<'a> {
    fn read(image: &MappedFile<'a>, memory: Span, findings: &mut Findings) -> Option<Table<'a>> {
        let bytes = image.bytes(memory)?;
        if bytes.first() != Some(&1) {
            let found = u64::from(bytes.first().copied().unwrap_or(0));
            findings.damaged(LOCATION, "version 1", Hex(found));
            return None;
        }
        if bytes.get(1..4) != Some(&[FROM_HERE, COUNT, FROM_TABLE][..]) {
            return None;
        }
        let count = u64::from(u32_at(bytes, 8)?);
        let entries = bytes.get(12..)?;
        if count * 8 > entries.len() as u64 {
            let expected = format_args!("at most {} entries", entries.len() / 8);
            findings.damaged(LOCATION, expected, count);
            return None;
        }
        Some(Table {
            address: memory.start(),
            entries,
            count,
        })
    }

    /// The function of entry `index`, from the description that the entry points to.
    fn function(&self, image: &MappedFile<'_>, index: u64) -> Option<Span> {
        let entry = self
            .entries
            .get(usize::try_from(index).ok()?.checked_mul(8)?..)?;
        let start = self.address.checked_add_signed(distance(entry, 0)?)?;
        let description = self.address.checked_add_signed(distance(entry, 4)?)?;
        let fields = image.bytes_from(description)?;
        let length = u32_at(fields, 0)?;
        // The longest form and the end mark are written in front of no function.
        if length < 12 || length == u32::MAX || fields.len() < usize::try_from(length).ok()? + 4 {
            return None;
        }
        let common = description
            .checked_add(4)?
            .checked_sub(u64::from(u32_at(fields, 4)?))?;
        if common >= description || !is_common(image, common) {
            return None;
        }
        let described = description
            .checked_add(8)?
            .checked_add_signed(distance(fields, 8)?)?;
        let function = Span::new(start, u64::from(u32_at(fields, 12)?))?;
        (described == start && image.is_code(start)).then_some(function)
    }
}

/// Whether a common information entry, version 1, is at `address`.
fn is_common(image: &MappedFile<'_>, address: u64) -> bool {
    let fields = image.bytes_from(address).unwrap_or(&[]);
    // Length, then zero where a description points back, then the version.
    u64_at(fields, 0).is_some_and(|words| words >> 32 == 0) && fields.get(8) == Some(&1)
}

fn distance(bytes: &[u8], offset: usize) -> Option<i64> {
    u32_at(bytes, offset).map(|word| i64::from(word.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_function_is_told_from_its_start() {
        let span = |start, size| Span::new(start, size).unwrap();
        let functions = Functions(vec![span(0x100, 0x10), span(0x110, 0x20), span(0x200, 8)]);
        for address in [0, 0x100, 0x110, 0x130, 0x1ff, 0x200, 0x208, u64::MAX] {
            assert!(!functions.interrupts(address), "{address:#x}");
        }
        assert!(functions.begin_at(0x110) && !functions.begin_at(0x130));
        for address in [0x101, 0x10f, 0x12f, 0x207] {
            assert!(functions.interrupts(address), "{address:#x}");
        }
        assert!(!Functions::default().interrupts(0x101));
        // Sizes up to the function's own end, to the end of its next part, and over data behind it.
        for (address, size) in [(0x100, 0x10), (0x100, 0x30), (0x110, 0x80), (0x1f0, 4)] {
            assert!(
                !functions.are_cut_by(address, size),
                "{address:#x} {size:#x}"
            );
        }
        assert!(!functions.are_cut_by(0x100, 0), "no size was written");
        for (address, size) in [(0x100, 8), (0x100, 0x20), (0x200, 4), (0x110, 0xf4)] {
            assert!(
                functions.are_cut_by(address, size),
                "{address:#x} {size:#x}"
            );
        }
    }
}
