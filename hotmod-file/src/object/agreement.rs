//! Whether the section headers agree with what the loader uses.
//!
//! A linker writes each address twice. A damaged copy can still be plausible on its own: one entry less in
//! an array, an initialiser a few bytes further.

use object::elf::{self, DynamicTag, SectionType};

use super::damage::{Findings, Hex};
use super::dynamic::Dynamic;
use super::machine::Machine;
use super::sections::{Section, Sections};
use super::segments::MappedFile;
use super::span::Span;
use super::unwind::Functions;

const SMALLEST_PAGE: u64 = 4096;

pub(super) fn check(
    sections: &Sections<'_>,
    dynamic: &Dynamic,
    image: &MappedFile<'_>,
    functions: &Functions,
    machine: &Machine,
    findings: &mut Findings,
) {
    check_tables(sections, dynamic, findings);
    check_relocations(sections, dynamic, findings);
    check_functions(sections, dynamic, functions, findings);
    check_segments(sections, image, findings);
    check_thread_local(sections, image, findings);
    check_relro(sections, image, machine, findings);
}

fn check_tables(sections: &Sections<'_>, dynamic: &Dynamic, findings: &mut Findings) {
    const TABLES: &[(&str, SectionType, DynamicTag, Option<DynamicTag>)] = &[
        (
            "string table",
            elf::SHT_STRTAB,
            elf::DT_STRTAB,
            Some(elf::DT_STRSZ),
        ),
        ("symbol table", elf::SHT_DYNSYM, elf::DT_SYMTAB, None),
        ("hash table", elf::SHT_HASH, elf::DT_HASH, None),
        (
            "hash table (GNU)",
            elf::SHT_GNU_HASH,
            elf::DT_GNU_HASH,
            None,
        ),
        (
            "versions of symbols",
            elf::SHT_GNU_VERSYM,
            elf::DT_VERSYM,
            None,
        ),
        (
            "needed versions",
            elf::SHT_GNU_VERNEED,
            elf::DT_VERNEED,
            None,
        ),
        (
            "defined versions",
            elf::SHT_GNU_VERDEF,
            elf::DT_VERDEF,
            None,
        ),
        (
            "packed relocations",
            elf::SHT_RELR,
            elf::DT_RELR,
            Some(elf::DT_RELRSZ),
        ),
        (
            "constructors",
            elf::SHT_INIT_ARRAY,
            elf::DT_INIT_ARRAY,
            Some(elf::DT_INIT_ARRAYSZ),
        ),
        (
            "destructors",
            elf::SHT_FINI_ARRAY,
            elf::DT_FINI_ARRAY,
            Some(elf::DT_FINI_ARRAYSZ),
        ),
    ];
    for &(what, kind, address, size) in TABLES {
        let section = sections.only(kind).map(|section| section.memory);
        let address = dynamic.value(address);
        let size = size.and_then(|size| dynamic.value(size));
        // An empty section may be left out of the dynamic table.
        let told = section.filter(|memory| !memory.is_empty() || address.is_some());
        let agree = told.map(Span::start) == address
            && told
                .zip(size)
                .is_none_or(|(memory, size)| memory.size() == size);
        if !agree {
            let location = format_args!("dynamic table, {what}");
            let found = match address {
                Some(address) => format!("{:#x} bytes at {address:#x}", size.unwrap_or(0)),
                None => "no such entry".to_owned(),
            };
            match told {
                Some(memory) => {
                    findings.damaged(location, format_args!("{memory} as its section"), found);
                }
                None => findings.damaged(location, "one section for it", found),
            }
        }
    }
}

/// Linkers differ in which relocation section goes to which table, so only the sums are compared.
fn check_relocations(sections: &Sections<'_>, dynamic: &Dynamic, findings: &mut Findings) {
    let loaded: u128 = sections
        .iter()
        .filter(|section| section.kind == elf::SHT_RELA && section.has(elf::SHF_ALLOC))
        .map(|section| u128::from(section.memory.size()))
        .sum();
    let size = |table: Option<Span>| u128::from(table.map_or(0, Span::size));
    let (whole, late) = (dynamic.relocations(), dynamic.procedures());
    let shared = whole
        .zip(late)
        .is_some_and(|(whole, late)| whole.overlaps(late));
    let told = if shared {
        size(whole)
    } else {
        size(whole) + size(late)
    };
    if loaded != told {
        findings.damaged(
            "dynamic table, relocations",
            format_args!("{loaded} bytes as the sections"),
            told,
        );
    }
}

/// The C runtime's initialiser is the start of its section; `-Wl,-init` may name another function.
fn check_functions(
    sections: &Sections<'_>,
    dynamic: &Dynamic,
    functions: &Functions,
    findings: &mut Findings,
) {
    for (what, name, tag) in [
        ("initialiser", ".init", elf::DT_INIT),
        ("finaliser", ".fini", elf::DT_FINI),
    ] {
        let Ok(Some(section)) = sections.named(name) else {
            continue;
        };
        let told = dynamic.value(tag);
        let is_function = told.is_some_and(|address| functions.begin_at(address));
        if told != Some(section.memory.start()) && !is_function {
            findings.damaged(
                format_args!("dynamic table, {what}"),
                format_args!("{:#x} as {section}", section.memory.start()),
                Hex(told.unwrap_or(0)),
            );
        }
    }
}

fn check_segments(sections: &Sections<'_>, image: &MappedFile<'_>, findings: &mut Findings) {
    let dynamic = sections
        .only(elf::SHT_DYNAMIC)
        .map(|section| section.memory);
    if dynamic != Some(image.dynamic.memory) {
        findings.damaged(&image.dynamic, "to be its section", image.dynamic.memory);
    }
    let unwind = sections
        .named(".eh_frame_hdr")
        .ok()
        .flatten()
        .map(|section| section.memory);
    let mapped = image.unwind.as_ref().map(|segment| segment.memory);
    if unwind != mapped {
        let show = |span: Option<Span>| span.map_or("nothing".to_owned(), |span| span.to_string());
        let expected = format_args!("{} as its section", show(unwind));
        findings.damaged("unwind table", expected, show(mapped));
    }
}

fn check_thread_local(sections: &Sections<'_>, image: &MappedFile<'_>, findings: &mut Findings) {
    let is_used = |section: &&Section<'_>| {
        section.has(elf::SHF_ALLOC) && section.has(elf::SHF_TLS) && !section.memory.is_empty()
    };
    let lowest = sections
        .iter()
        .filter(is_used)
        .map(|section| section.memory.start())
        .min();
    let highest = sections
        .iter()
        .filter(is_used)
        .map(|section| section.memory.end())
        .max();
    let block = image.thread_local.as_ref().map(|segment| segment.memory);
    let agree = match (lowest, highest, block) {
        (Some(lowest), Some(highest), Some(block)) => {
            block.start() == lowest && highest <= block.end() && block.end() - highest < 4096
        }
        (None, None, None) => true,
        _ => false,
    };
    if !agree {
        findings.damaged(
            "thread-local storage",
            format_args!(
                "{:#x}..{:#x} as its sections",
                lowest.unwrap_or(0),
                highest.unwrap_or(0)
            ),
            block.map_or("no segment".to_owned(), |block| block.to_string()),
        );
    }
}

/// Pages that become read-only after relocation must not hold data that the module writes later.
fn check_relro(
    sections: &Sections<'_>,
    image: &MappedFile<'_>,
    machine: &Machine,
    findings: &mut Findings,
) {
    let Some(relro) = &image.relro else { return };
    // The loader rounds both ends down to a page, of whatever size that is.
    let start = relro.memory.start() / machine.page * machine.page;
    let end = relro.memory.end() / SMALLEST_PAGE * SMALLEST_PAGE;
    let Some(protected) = Span::new(start, end.saturating_sub(start)) else {
        return;
    };
    for section in sections.iter() {
        if matches!(section.name, b".data" | b".bss") && section.memory.overlaps(protected) {
            let expected = format_args!("to leave {section} writable");
            findings.damaged(relro, expected, relro.memory);
        }
    }
}
