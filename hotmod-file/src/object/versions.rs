//! Symbol versions: which version of which library each symbol has, or needs.
//!
//! glibc walks both lists by the distances between entries, sizes an array by the highest index in them,
//! and then indexes that array with the number that each symbol has.

use std::collections::BTreeSet;

use object::elf;

use super::damage::{Damage, DamageKind, Findings, RawName};
use super::dynamic::Dynamic;
use super::sections::Sections;
use super::segments::MappedFile;
use super::span::Span;
use super::symbols::{Strings, Symbols};
use super::words::{u16_at, u32_at};

const NEEDED: &str = "needed versions";
const DEFINED: &str = "defined versions";
const OF_SYMBOLS: &str = "versions of symbols";

const INDEX: u16 = elf::VERSYM_VERSION;
const HIDDEN: u16 = elf::VERSYM_HIDDEN.0;
const FIRST_OWN_INDEX: u16 = 2;

/// The version word of each symbol; empty where the file has no versions.
#[derive(Debug, Default)]
pub(super) struct Versions<'a>(&'a [u8]);

impl Versions<'_> {
    /// Whether `dlsym` skips this symbol: only a request for its version finds it.
    pub(super) fn hides(&self, symbol: usize) -> bool {
        self.word(symbol).is_some_and(|word| word & HIDDEN != 0)
    }

    fn word(&self, symbol: usize) -> Option<u16> {
        u16_at(self.0, symbol.checked_mul(2)?)
    }
}

pub(super) fn read<'a>(
    image: &MappedFile<'a>,
    dynamic: &Dynamic,
    sections: &Sections<'a>,
    strings: Strings<'a>,
    symbols: &Symbols<'a>,
    findings: &mut Findings,
) -> Versions<'a> {
    let list = |kind, tag| {
        let section = sections.only(kind)?;
        (Some(section.memory.start()) == dynamic.value(tag)).then_some(())?;
        image.bytes(section.memory)
    };
    let mut lists = Lists {
        strings,
        indices: BTreeSet::new(),
        left: usize::from(INDEX),
    };
    let needed: Vec<&[u8]> = dynamic
        .needed
        .iter()
        .filter_map(|offset| strings.get(*offset))
        .collect();
    if let Some(count) = dynamic.value(elf::DT_VERNEEDNUM) {
        let bytes = list(elf::SHT_GNU_VERNEED, elf::DT_VERNEED);
        lists
            .check_needed(bytes.unwrap_or(&[]), count, &needed)
            .unwrap_or_else(|damage| {
                findings.damaged(damage.location, damage.expected, damage.found);
            });
    }
    if let Some(count) = dynamic.value(elf::DT_VERDEFNUM) {
        let bytes = list(elf::SHT_GNU_VERDEF, elf::DT_VERDEF);
        lists
            .check_defined(bytes.unwrap_or(&[]), count)
            .unwrap_or_else(|damage| {
                findings.damaged(damage.location, damage.expected, damage.found);
            });
    }
    let Some(address) = dynamic.value(elf::DT_VERSYM) else {
        return Versions::default();
    };
    let words = Span::table(address, symbols.count() as u64, 2).and_then(|span| image.bytes(span));
    let Some(words) = words.filter(|_| address.is_multiple_of(2)) else {
        let found = format_args!("address {address:#x}");
        findings.damaged(OF_SYMBOLS, format_args!("{} words", symbols.count()), found);
        return Versions::default();
    };
    let versions = Versions(words);
    lists.check_symbols(&versions, symbols, findings);
    versions
}

struct Lists<'a> {
    strings: Strings<'a>,
    /// Indices to which the lists give a meaning.
    indices: BTreeSet<u16>,
    /// How many entries may still be read. There are only so many indices, and without the limit, entries
    /// that share one long tail would take quadratic time.
    left: usize,
}

impl Lists<'_> {
    /// Checks `Verneed` and `Vernaux` records, both of 16 bytes.
    fn check_needed(&mut self, bytes: &[u8], count: u64, needed: &[&[u8]]) -> Result<(), Damage> {
        let mut offset = 0;
        for number in 1..=count {
            let record = record(bytes, offset, 16, NEEDED)?;
            same(NEEDED, "record version 1", 1, u16_at(record, 0))?;
            let file = self.name(u32_at(record, 4), NEEDED)?;
            // The loader asserts that it has loaded the library; where it has not, it calls `_exit(127)`.
            if !needed.contains(&file) {
                return Err(damaged(
                    NEEDED,
                    "a library that the file needs",
                    RawName(file),
                ));
            }
            let versions = u16_at(record, 2).unwrap_or(0);
            let mut aux_offset = forward(offset, u32_at(record, 8), 16, NEEDED)?;
            for version in 1..=versions {
                self.spend(NEEDED)?;
                let aux = self::record(bytes, aux_offset, 16, NEEDED)?;
                let name = self.name(u32_at(aux, 8), NEEDED)?;
                check_hash(NEEDED, name, u32_at(aux, 0))?;
                self.add(u16_at(aux, 6).unwrap_or(0), NEEDED)?;
                let next = u32_at(aux, 12);
                aux_offset = step(aux_offset, next, version == versions, 16, NEEDED)?;
            }
            if versions == 0 {
                return Err(damaged(NEEDED, "at least one version per library", 0));
            }
            offset = step(offset, u32_at(record, 12), number == count, 16, NEEDED)?;
        }
        if count == 0 {
            return Err(damaged(NEEDED, "at least one library", 0));
        }
        Ok(())
    }

    /// Checks `Verdef` records of 20 bytes with `Verdaux` records of 8.
    fn check_defined(&mut self, bytes: &[u8], count: u64) -> Result<(), Damage> {
        let mut offset = 0;
        for number in 1..=count {
            let record = record(bytes, offset, 20, DEFINED)?;
            same(DEFINED, "record version 1", 1, u16_at(record, 0))?;
            let names = u16_at(record, 6).unwrap_or(0);
            let mut aux_offset = forward(offset, u32_at(record, 12), 20, DEFINED)?;
            for position in 1..=names {
                self.spend(DEFINED)?;
                let aux = self::record(bytes, aux_offset, 8, DEFINED)?;
                let name = self.name(u32_at(aux, 0), DEFINED)?;
                if position == 1 {
                    check_hash(DEFINED, name, u32_at(record, 8))?;
                }
                aux_offset = step(aux_offset, u32_at(aux, 4), position == names, 8, DEFINED)?;
            }
            if names == 0 {
                return Err(damaged(DEFINED, "at least one name per version", 0));
            }
            self.add(u16_at(record, 4).unwrap_or(0), DEFINED)?;
            offset = step(offset, u32_at(record, 16), number == count, 20, DEFINED)?;
        }
        if count == 0 {
            return Err(damaged(DEFINED, "at least one version", 0));
        }
        Ok(())
    }

    fn check_symbols(
        &self,
        versions: &Versions<'_>,
        symbols: &Symbols<'_>,
        findings: &mut Findings,
    ) {
        for symbol in symbols.iter() {
            if findings.is_full() {
                return;
            }
            let index = versions.word(symbol.index).unwrap_or(0) & INDEX;
            // Without lists the loader has no array at all, and only for index 0 it reads none.
            let known = match index {
                0 => true,
                1 => !self.indices.is_empty(),
                _ => self.indices.contains(&index),
            };
            if !known {
                findings.damaged(
                    OF_SYMBOLS,
                    format_args!("a listed version for {symbol}"),
                    format_args!("version {index}"),
                );
            }
        }
    }

    fn name(&self, offset: Option<u32>, location: &str) -> Result<&[u8], Damage> {
        let offset = offset.map_or(u64::MAX, u64::from);
        self.strings
            .get(offset)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| {
                damaged(
                    location,
                    "a name in the string table",
                    format_args!("offset {offset}"),
                )
            })
    }

    fn add(&mut self, index: u16, location: &str) -> Result<(), Damage> {
        let index = index & INDEX;
        let least = if location == NEEDED {
            FIRST_OWN_INDEX
        } else {
            1
        };
        if index < least || !self.indices.insert(index) {
            let expected = format_args!("each version to have an index of its own from {least}");
            return Err(damaged(location, expected, format_args!("index {index}")));
        }
        Ok(())
    }

    fn spend(&mut self, location: &str) -> Result<(), Damage> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => {
                return Err(damaged(
                    location,
                    format_args!("at most {INDEX} versions"),
                    "more",
                ));
            }
        }
        Ok(())
    }
}

fn damaged(
    location: &str,
    expected: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> Damage {
    Damage::new(DamageKind::Damaged, location, expected, found)
}

fn record<'b>(
    bytes: &'b [u8],
    offset: usize,
    size: usize,
    location: &str,
) -> Result<&'b [u8], Damage> {
    let record = offset
        .checked_add(size)
        .and_then(|end| bytes.get(offset..end));
    record.filter(|_| offset.is_multiple_of(4)).ok_or_else(|| {
        let found = format_args!("a record at offset {offset} of {} bytes", bytes.len());
        damaged(
            location,
            "to end inside their section, which the dynamic table names",
            found,
        )
    })
}

fn same(location: &str, what: &str, expected: u16, found: Option<u16>) -> Result<(), Damage> {
    match found {
        Some(found) if found == expected => Ok(()),
        found => Err(damaged(location, what, found.unwrap_or(0))),
    }
}

/// The offset `distance` bytes after `offset`, which must not lie inside the record at `offset`.
fn forward(
    offset: usize,
    distance: Option<u32>,
    size: usize,
    location: &str,
) -> Result<usize, Damage> {
    let distance = distance
        .and_then(|distance| usize::try_from(distance).ok())
        .unwrap_or(0);
    offset
        .checked_add(distance)
        .filter(|_| distance >= size)
        .ok_or_else(|| {
            damaged(
                location,
                format_args!("a distance of at least {size}"),
                distance,
            )
        })
}

/// As [`forward`], but the distance must be zero at the last record, and only there.
fn step(
    offset: usize,
    distance: Option<u32>,
    last: bool,
    size: usize,
    location: &str,
) -> Result<usize, Damage> {
    match (last, distance) {
        (true, Some(0)) => Ok(offset),
        (true, distance) => Err(damaged(
            location,
            "the list to end after its last record",
            distance.unwrap_or(0),
        )),
        (false, distance) => forward(offset, distance, size, location),
    }
}

fn check_hash(location: &str, name: &[u8], stored: Option<u32>) -> Result<(), Damage> {
    let expected = elf::hash(name);
    if stored == Some(expected) {
        return Ok(());
    }
    let expected = format_args!("the hash {expected:#x} of {}", RawName(name));
    Err(damaged(
        location,
        expected,
        format_args!("{:#x}", stored.unwrap_or(0)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRINGS: &[u8] = b"\0libc.so.6\0GLIBC_2.34\0GLIBC_2.2.5\0libm.so.6\0";
    const LIBC: u32 = 1;
    const NEW: u32 = 11;
    const OLD: u32 = 22;
    const LIBM: u32 = 34;

    fn needed(file: u32, aux: u32, next: u32) -> Vec<u8> {
        [
            &[1, 0, 2, 0][..],
            &file.to_le_bytes(),
            &aux.to_le_bytes(),
            &next.to_le_bytes(),
        ]
        .concat()
    }

    fn version(name: &[u8], at: u32, index: u16, next: u32) -> Vec<u8> {
        let hash = elf::hash(name).to_le_bytes();
        let index = index.to_le_bytes();
        [
            &hash[..],
            &[0, 0],
            &index,
            &at.to_le_bytes(),
            &next.to_le_bytes(),
        ]
        .concat()
    }

    fn list(parts: &[Vec<u8>]) -> Result<BTreeSet<u16>, Damage> {
        let mut lists = Lists {
            strings: Strings::of(STRINGS),
            indices: BTreeSet::new(),
            left: 100,
        };
        lists.check_needed(&parts.concat(), 1, &[b"libc.so.6"])?;
        Ok(lists.indices)
    }

    #[test]
    fn indices_of_needed_versions_are_listed() {
        let good = [
            needed(LIBC, 16, 0),
            version(b"GLIBC_2.34", NEW, 2, 16),
            version(b"GLIBC_2.2.5", OLD, 3, 0),
        ];
        assert_eq!(list(&good), Ok(BTreeSet::from([2, 3])));
    }

    #[test]
    fn distances_names_and_indices_are_checked() {
        let first = || version(b"GLIBC_2.34", NEW, 2, 16);
        let last = || version(b"GLIBC_2.2.5", OLD, 3, 0);
        for (what, parts) in [
            (
                "a library that is not needed",
                [needed(LIBM, 16, 0), first(), last()],
            ),
            (
                "a library named nowhere",
                [needed(999, 16, 0), first(), last()],
            ),
            (
                "versions inside the record",
                [needed(LIBC, 8, 0), first(), last()],
            ),
            (
                "versions beyond the section",
                [needed(LIBC, u32::MAX, 0), first(), last()],
            ),
            ("a second library", [needed(LIBC, 16, 48), first(), last()]),
            (
                "no end",
                [
                    needed(LIBC, 16, 0),
                    first(),
                    version(b"GLIBC_2.2.5", OLD, 3, 16),
                ],
            ),
            (
                "an early end",
                [
                    needed(LIBC, 16, 0),
                    version(b"GLIBC_2.34", NEW, 2, 0),
                    last(),
                ],
            ),
            (
                "a wrong hash",
                [needed(LIBC, 16, 0), version(b"x", NEW, 2, 16), last()],
            ),
            (
                "one index twice",
                [
                    needed(LIBC, 16, 0),
                    first(),
                    version(b"GLIBC_2.2.5", OLD, 2, 0),
                ],
            ),
            (
                "a local index",
                [
                    needed(LIBC, 16, 0),
                    first(),
                    version(b"GLIBC_2.2.5", OLD, 1, 0),
                ],
            ),
        ] {
            assert!(list(&parts).is_err(), "{what}");
        }
    }

    #[test]
    fn symbols_have_listed_versions() {
        let symbols = Symbols::exporting(&["a", "b", "c"]);
        for (words, listed, sound) in [
            ([0_u16, 1, 2, 0x8003], &[2, 3][..], true),
            ([0, 1, 2, 4], &[2, 3], false),
            ([0, 1, 1, 1], &[], false),
            ([0, 0, 0, 0], &[], true),
        ] {
            let bytes = words.map(u16::to_le_bytes).concat();
            let indices = listed.iter().copied().collect();
            let lists = Lists {
                strings: Strings::of(STRINGS),
                indices,
                left: 0,
            };
            let mut findings = Findings::default();
            lists.check_symbols(&Versions(&bytes), &symbols, &mut findings);
            assert_eq!(findings.is_empty(), sound, "{words:?}");
        }
        assert!(Versions(&[0, 0, 3, 0x80]).hides(1) && !Versions(&[0, 0]).hides(1));
    }
}
