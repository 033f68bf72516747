//! The dynamic table: addresses and sizes that the loader uses without checking them.

use std::collections::BTreeMap;

use object::elf::{self, DynamicTag};

use super::damage::{DamageKind, Findings, Hex};
use super::machine::Machine;
use super::segments::MappedFile;
use super::span::Span;
use super::words::u64_at;

const LOCATION: &str = "dynamic table";
const ENTRY: usize = 16;
const MOST_NEEDED: usize = 1024;

const RELOCATION_SIZE: u64 = 24;
const SYMBOL_SIZE: u64 = 24;
const WORD_SIZE: u64 = 8;

/// Tags that have a meaning here and may occur only once: of two entries with the same tag the loader
/// takes the last, other tools the first.
const KNOWN: &[DynamicTag] = &[
    elf::DT_PLTRELSZ,
    elf::DT_PLTGOT,
    elf::DT_HASH,
    elf::DT_STRTAB,
    elf::DT_SYMTAB,
    elf::DT_RELA,
    elf::DT_RELASZ,
    elf::DT_RELAENT,
    elf::DT_STRSZ,
    elf::DT_SYMENT,
    elf::DT_INIT,
    elf::DT_FINI,
    elf::DT_SONAME,
    elf::DT_SYMBOLIC,
    elf::DT_PLTREL,
    elf::DT_DEBUG,
    elf::DT_JMPREL,
    elf::DT_BIND_NOW,
    elf::DT_INIT_ARRAY,
    elf::DT_FINI_ARRAY,
    elf::DT_INIT_ARRAYSZ,
    elf::DT_FINI_ARRAYSZ,
    elf::DT_FLAGS,
    elf::DT_RELR,
    elf::DT_RELRSZ,
    elf::DT_RELRENT,
    elf::DT_GNU_HASH,
    elf::DT_VERSYM,
    elf::DT_RELACOUNT,
    elf::DT_FLAGS_1,
    elf::DT_VERDEF,
    elf::DT_VERDEFNUM,
    elf::DT_VERNEED,
    elf::DT_VERNEEDNUM,
];

const NOT_ALLOWED: &[(DynamicTag, &str)] = &[
    (
        elf::DT_TEXTREL,
        "relocations in code (build with `-C relocation-model=pic`)",
    ),
    (elf::DT_REL, "relocations without addends"),
    (elf::DT_RELSZ, "relocations without addends"),
    (elf::DT_RELENT, "relocations without addends"),
    (elf::DT_RELCOUNT, "relocations without addends"),
    (
        elf::DT_PREINIT_ARRAY,
        "constructors that only an executable may have",
    ),
    (
        elf::DT_PREINIT_ARRAYSZ,
        "constructors that only an executable may have",
    ),
];

/// Entries that steer the loader, and what linkers and users call them.
pub(super) const SETTINGS: &[(DynamicTag, &str)] = &[
    (elf::DT_RPATH, "RPATH"),
    (elf::DT_RUNPATH, "RUNPATH"),
    (elf::DT_AUDIT, "AUDIT"),
    (elf::DT_DEPAUDIT, "DEPAUDIT"),
    (elf::DT_FILTER, "FILTER"),
    (elf::DT_AUXILIARY, "AUXILIARY"),
    (elf::DT_CONFIG, "CONFIG"),
];

/// The entries, each known tag at most once.
#[derive(Debug)]
pub(super) struct Dynamic {
    values: BTreeMap<i64, u64>,
    /// Offsets of the names of needed libraries in the string table.
    pub(super) needed: Vec<u64>,
    /// Entries that steer the loader, with the offsets of their texts.
    pub(super) settings: Vec<(DynamicTag, u64)>,
}

impl Dynamic {
    pub(super) fn value(&self, tag: DynamicTag) -> Option<u64> {
        self.values.get(&tag.0).copied()
    }

    /// A table with an address and a size in bytes. [`read`] has made sure that both are there or
    /// neither.
    pub(super) fn table(&self, address: DynamicTag, size: DynamicTag) -> Option<Span> {
        Span::new(self.value(address)?, self.value(size)?)
    }

    pub(super) fn relocations(&self) -> Option<Span> {
        self.table(elf::DT_RELA, elf::DT_RELASZ)
    }

    pub(super) fn procedures(&self) -> Option<Span> {
        self.table(elf::DT_JMPREL, elf::DT_PLTRELSZ)
    }

    pub(super) fn packed_relocations(&self) -> Option<Span> {
        self.table(elf::DT_RELR, elf::DT_RELRSZ)
    }
}

/// Reads the entries and checks everything about them that needs no other table.
pub(super) fn read(
    image: &MappedFile<'_>,
    machine: &Machine,
    findings: &mut Findings,
) -> Option<Dynamic> {
    let bytes = image.bytes(image.dynamic.memory)?;
    let mut dynamic = Dynamic {
        values: BTreeMap::new(),
        needed: Vec::new(),
        settings: Vec::new(),
    };
    let mut ended = false;
    for (index, entry) in bytes.chunks_exact(ENTRY).enumerate() {
        let tag = DynamicTag(u64_at(entry, 0)?.cast_signed());
        if tag == elf::DT_NULL {
            ended = true;
            break;
        }
        dynamic.enter(index, tag, u64_at(entry, 8)?, machine, findings);
    }
    if !ended {
        findings.damaged(LOCATION, "an entry that ends it", "none inside its segment");
        return None;
    }
    check_flags(&dynamic, findings);
    check_pairs(&dynamic, findings);
    check_addresses(&dynamic, image, findings);
    Some(dynamic)
}

impl Dynamic {
    fn enter(
        &mut self,
        index: usize,
        tag: DynamicTag,
        value: u64,
        machine: &Machine,
        findings: &mut Findings,
    ) {
        let location = format_args!("dynamic entry {index}");
        if tag == elf::DT_NEEDED {
            if self.needed.len() < MOST_NEEDED {
                self.needed.push(value);
            } else {
                findings.damaged(
                    location,
                    format_args!("at most {MOST_NEEDED} libraries"),
                    "more",
                );
            }
        } else if SETTINGS.iter().any(|(setting, _)| *setting == tag) {
            if self.settings.len() < SETTINGS.len() {
                self.settings.push((tag, value));
            } else {
                findings.damaged(
                    location,
                    format_args!("at most {} settings of the loader", SETTINGS.len()),
                    "more",
                );
            }
        } else if KNOWN.contains(&tag) {
            if self.values.insert(tag.0, value).is_some() {
                let found = format_args!("another with tag {:#x}", tag.0);
                findings.damaged(location, "each tag once", found);
            }
        } else if let Some((_, what)) = NOT_ALLOWED.iter().find(|(other, _)| *other == tag) {
            findings.add(
                DamageKind::NotAllowed,
                location,
                "a tag that a module may have",
                what,
            );
        } else if !is_ignored(tag) && !machine.own_tags.contains(&tag.0) {
            findings.damaged(location, "a known tag", format_args!("tag {:#x}", tag.0));
        }
    }
}

/// Whether the loader skips this tag or only remembers it for other tools: the operating system's
/// ranges, except the tags that [`KNOWN`] and [`NOT_ALLOWED`] list.
fn is_ignored(tag: DynamicTag) -> bool {
    tag.is_os() || tag.is_value() || tag.is_address()
}

fn check_flags(dynamic: &Dynamic, findings: &mut Findings) {
    const FLAGS: u64 = elf::DF_ORIGIN.0
        | elf::DF_SYMBOLIC.0
        | elf::DF_TEXTREL.0
        | elf::DF_BIND_NOW.0
        | elf::DF_STATIC_TLS.0;
    // Other flags change how other libraries are loaded, or mean something to other systems.
    const FLAGS_1: u64 = elf::DF_1_NOW.0
        | elf::DF_1_NODELETE.0
        | elf::DF_1_ORIGIN.0
        | elf::DF_1_NODEFLIB.0
        | elf::DF_1_NODUMP.0
        | elf::DF_1_NOOPEN.0
        | elf::DF_1_PIE.0;

    let flags = dynamic.value(elf::DT_FLAGS).unwrap_or(0);
    if flags & elf::DF_TEXTREL.0 != 0 {
        findings.add(
            DamageKind::NotAllowed,
            LOCATION,
            "no relocations in code (build with `-C relocation-model=pic`)",
            "the flag that announces them",
        );
    }
    if flags & !FLAGS != 0 {
        findings.damaged(LOCATION, "known flags", Hex(flags));
    }
    let flags = dynamic.value(elf::DT_FLAGS_1).unwrap_or(0);
    if flags & elf::DF_1_PIE.0 != 0 {
        let expected = "a shared library (crate-type `cdylib`)";
        findings.add(DamageKind::NotAModule, LOCATION, expected, "an executable");
    }
    if flags & elf::DF_1_NOOPEN.0 != 0 {
        let expected = "a library that may be loaded at run time";
        findings.add(
            DamageKind::NotAllowed,
            LOCATION,
            expected,
            "one linked with `-z nodlopen`",
        );
    }
    if flags & !FLAGS_1 != 0 {
        findings.add(
            DamageKind::NotAllowed,
            LOCATION,
            "flags (1) that a module may have",
            Hex(flags),
        );
    }
}

/// Checks tags that make the loader read another tag without checking that it is there.
fn check_pairs(dynamic: &Dynamic, findings: &mut Findings) {
    const TOGETHER: &[(&str, &[DynamicTag])] = &[
        ("string table", &[elf::DT_STRTAB, elf::DT_STRSZ]),
        ("symbol table", &[elf::DT_SYMTAB, elf::DT_SYMENT]),
        (
            "relocations",
            &[elf::DT_RELA, elf::DT_RELASZ, elf::DT_RELAENT],
        ),
        (
            "packed relocations",
            &[elf::DT_RELR, elf::DT_RELRSZ, elf::DT_RELRENT],
        ),
        (
            "procedure relocations",
            &[elf::DT_JMPREL, elf::DT_PLTRELSZ, elf::DT_PLTREL],
        ),
        ("constructors", &[elf::DT_INIT_ARRAY, elf::DT_INIT_ARRAYSZ]),
        ("destructors", &[elf::DT_FINI_ARRAY, elf::DT_FINI_ARRAYSZ]),
        ("needed versions", &[elf::DT_VERNEED, elf::DT_VERNEEDNUM]),
        ("defined versions", &[elf::DT_VERDEF, elf::DT_VERDEFNUM]),
    ];
    const FIXED: &[(&str, DynamicTag, u64)] = &[
        ("size of a symbol", elf::DT_SYMENT, SYMBOL_SIZE),
        ("size of a relocation", elf::DT_RELAENT, RELOCATION_SIZE),
        ("size of a packed relocation", elf::DT_RELRENT, WORD_SIZE),
        (
            "kind of procedure relocations",
            elf::DT_PLTREL,
            elf::DT_RELA.0.cast_unsigned(),
        ),
    ];
    for (what, tags) in TOGETHER {
        let present = tags
            .iter()
            .filter(|tag| dynamic.value(**tag).is_some())
            .count();
        if present != 0 && present != tags.len() {
            findings.damaged(
                LOCATION,
                format_args!("{} entries for the {what}", tags.len()),
                format_args!("{present}"),
            );
        }
    }
    for (what, tag, expected) in FIXED {
        if let Some(found) = dynamic.value(*tag).filter(|value| value != expected) {
            findings.damaged(LOCATION, format_args!("{what} {expected}"), found);
        }
    }
    for (what, tag) in [
        ("string table", elf::DT_STRTAB),
        ("symbol table", elf::DT_SYMTAB),
    ] {
        if dynamic.value(tag).is_none() {
            findings.damaged(LOCATION, format_args!("a {what}"), "none");
        }
    }
    if dynamic
        .value(elf::DT_GNU_HASH)
        .or(dynamic.value(elf::DT_HASH))
        .is_none()
    {
        findings.damaged(
            LOCATION,
            "a hash table, without which no symbol is found",
            "none",
        );
    }
    let versions = [elf::DT_VERNEED, elf::DT_VERDEF];
    if versions.iter().any(|tag| dynamic.value(*tag).is_some())
        && dynamic.value(elf::DT_VERSYM).is_none()
    {
        findings.damaged(
            LOCATION,
            "the versions of symbols beside the list of versions",
            "none",
        );
    }
}

fn check_addresses(dynamic: &Dynamic, image: &MappedFile<'_>, findings: &mut Findings) {
    const SIZED: &[(&str, DynamicTag, DynamicTag, u64)] = &[
        ("string table", elf::DT_STRTAB, elf::DT_STRSZ, 1),
        ("relocations", elf::DT_RELA, elf::DT_RELASZ, RELOCATION_SIZE),
        (
            "packed relocations",
            elf::DT_RELR,
            elf::DT_RELRSZ,
            WORD_SIZE,
        ),
        (
            "procedure relocations",
            elf::DT_JMPREL,
            elf::DT_PLTRELSZ,
            RELOCATION_SIZE,
        ),
        (
            "constructors",
            elf::DT_INIT_ARRAY,
            elf::DT_INIT_ARRAYSZ,
            WORD_SIZE,
        ),
        (
            "destructors",
            elf::DT_FINI_ARRAY,
            elf::DT_FINI_ARRAYSZ,
            WORD_SIZE,
        ),
    ];
    for &(what, address, size, unit) in SIZED {
        let (Some(address), Some(size)) = (dynamic.value(address), dynamic.value(size)) else {
            continue;
        };
        if size == 0 && unit != 1 {
            continue;
        }
        let location = format_args!("{LOCATION}, {what}");
        if !size.is_multiple_of(unit) {
            findings.damaged(
                location,
                format_args!("a size that is a multiple of {unit}"),
                size,
            );
        }
        if unit != 1 && !address.is_multiple_of(WORD_SIZE) {
            findings.damaged(location, "an address that is a multiple of 8", Hex(address));
        }
        if Span::new(address, size)
            .and_then(|span| image.bytes(span))
            .is_none()
        {
            let found = format_args!("{size} bytes at {address:#x}");
            findings.damaged(
                location,
                "to lie in bytes of the file that are mapped",
                found,
            );
        }
    }
    for (what, tag) in [("initialiser", elf::DT_INIT), ("finaliser", elf::DT_FINI)] {
        if let Some(address) = dynamic
            .value(tag)
            .filter(|address| !image.is_code(*address))
        {
            findings.damaged(
                format_args!("{LOCATION}, {what}"),
                "an address in an executable segment",
                Hex(address),
            );
        }
    }
    if let Some(address) = dynamic.value(elf::DT_PLTGOT)
        && !image.is_address(address)
    {
        let location = format_args!("{LOCATION}, global offset table");
        findings.damaged(location, "an address inside the image", Hex(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(tags: &[(DynamicTag, u64)]) -> Vec<String> {
        let mut findings = Findings::default();
        let mut dynamic = Dynamic {
            values: BTreeMap::new(),
            needed: Vec::new(),
            settings: Vec::new(),
        };
        for (index, (tag, value)) in tags.iter().enumerate() {
            dynamic.enter(index, *tag, *value, Machine::host().unwrap(), &mut findings);
        }
        check_flags(&dynamic, &mut findings);
        check_pairs(&dynamic, &mut findings);
        findings
            .into_list()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const LEAST: [(DynamicTag, u64); 5] = [
        (elf::DT_STRTAB, 0x100),
        (elf::DT_STRSZ, 16),
        (elf::DT_SYMTAB, 0x200),
        (elf::DT_SYMENT, 24),
        (elf::DT_GNU_HASH, 0x300),
    ];

    #[test]
    fn the_least_table_passes() {
        assert_eq!(entered(&LEAST), [] as [&str; 0]);
    }

    #[test]
    fn tags_that_crash_or_mislead_the_loader_are_refused() {
        for (tag, value, expected) in [
            (
                elf::DT_STRTAB,
                0x100,
                "dynamic entry 5: expected each tag once",
            ),
            (
                elf::DT_TEXTREL,
                0,
                "dynamic entry 5: expected a tag that a module may have",
            ),
            (
                DynamicTag(0x4000_0000),
                0,
                "dynamic entry 5: expected a known tag",
            ),
            // The loader looks at the low half only and would take this for a filter.
            (
                DynamicTag(0x1_7fff_ffff),
                0,
                "dynamic entry 5: expected a known tag",
            ),
            (
                elf::DT_FLAGS,
                4,
                "dynamic table: expected no relocations in code",
            ),
            (
                elf::DT_FLAGS,
                1 << 20,
                "dynamic table: expected known flags",
            ),
            (
                elf::DT_FLAGS_1,
                0x40,
                "dynamic table: expected a library that may be loaded",
            ),
            (
                elf::DT_FLAGS_1,
                0x0800_0000,
                "dynamic table: expected a shared library",
            ),
            (
                elf::DT_FLAGS_1,
                0x400,
                "dynamic table: expected flags (1) that a module may have",
            ),
            (
                elf::DT_RELA,
                0x400,
                "dynamic table: expected 3 entries for the relocations",
            ),
            (
                elf::DT_PLTREL,
                17,
                "dynamic table: expected 3 entries for the procedure",
            ),
            (
                elf::DT_INIT_ARRAY,
                0x400,
                "dynamic table: expected 2 entries for the constructors",
            ),
            (
                elf::DT_VERNEED,
                0x400,
                "dynamic table: expected 2 entries for the needed versions",
            ),
        ] {
            let found = entered(&[&LEAST[..], &[(tag, value)]].concat());
            assert!(found[0].starts_with(expected), "{expected}: {found:#?}");
        }
    }

    #[test]
    fn tags_the_loader_skips_are_tolerated() {
        let skipped = [
            (elf::DT_CHECKSUM, 1),
            (DynamicTag(0x6fff_e123), 7),
            (elf::DT_DEBUG, 0),
        ];
        assert_eq!(entered(&[&LEAST[..], &skipped].concat()), [] as [&str; 0]);
    }
}
