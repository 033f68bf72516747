//! The section headers. The loader ignores them. They say where the manifest is, and they are compared with
//! what the loader uses: damage rarely changes both copies of an address alike.

use std::fmt;

use object::elf;

use super::damage::{Damage, DamageKind, Findings, Hex, RawName};
use super::header::{Header, SECTION_SIZE};
use super::segments::MappedFile;
use super::span::Span;
use super::words::{string_at, u32_at, u64_at};

const LONGEST_NAME: usize = 1024;

#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) index: usize,
    pub(super) name: &'a [u8],
    pub(super) kind: elf::SectionType,
    pub(super) flags: u64,
    /// Where it is when loaded; meaningless unless the section is allocated.
    pub(super) memory: Span,
    /// Where it is in the file; meaningless for a section of zeros.
    pub(super) file: Span,
    /// The number of the section that this one refers to: for symbols, the section of their names.
    pub(super) link: u32,
}

impl Section<'_> {
    pub(super) fn has(&self, flag: elf::SectionFlags) -> bool {
        self.flags & flag.0 != 0
    }

    pub(super) fn is_zeros(&self) -> bool {
        self.kind == elf::SHT_NOBITS
    }
}

impl fmt::Display for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "section {} ({})", self.index, RawName(self.name))
    }
}

#[derive(Debug)]
pub(super) struct Sections<'a>(Vec<Section<'a>>);

impl<'a> Sections<'a> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Section<'a>> {
        self.0.iter()
    }

    /// The section of this number.
    pub(super) fn get(&self, index: u32) -> Option<&Section<'a>> {
        self.0.get(usize::try_from(index).ok()?)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The allocated section of this kind, if there is exactly one.
    pub(super) fn only(&self, kind: elf::SectionType) -> Option<&Section<'a>> {
        let mut all = self
            .iter()
            .filter(|section| section.kind == kind && section.has(elf::SHF_ALLOC));
        all.next().filter(|_| all.next().is_none())
    }

    /// The section called `name`. Two of that name are an error.
    pub(super) fn named(&self, name: &str) -> Result<Option<&Section<'a>>, Damage> {
        let mut all = self
            .iter()
            .filter(|section| section.name == name.as_bytes());
        let first = all.next();
        if let Some(second) = all.next() {
            return Err(Damage::new(
                DamageKind::Damaged,
                second,
                "one section of this name",
                "another before it",
            ));
        }
        Ok(first)
    }
}

/// The bytes of `section`, which must be mapped as they are in the file, so that the module will read
/// the same bytes.
pub(super) fn contents<'a>(
    section: &Section<'a>,
    image: &MappedFile<'a>,
) -> Result<&'a [u8], Damage> {
    let damaged = |expected: &str, found: &dyn fmt::Display| {
        Err(Damage::new(DamageKind::Damaged, section, expected, found))
    };
    if section.is_zeros() || !section.has(elf::SHF_ALLOC) {
        return damaged("to be loaded from the file", &"a section that is not");
    }
    if section.has(elf::SHF_COMPRESSED) {
        return damaged("to be stored as it is", &"a compressed section");
    }
    match image.bytes(section.memory) {
        Some(bytes) => Ok(bytes),
        None => damaged("to lie in a segment that is loaded", &section.memory),
    }
}

/// Reads and checks the section headers, and checks that every section that is loaded lies in a segment
/// with the rights that it needs.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    header: &Header,
    image: &MappedFile<'a>,
    findings: &mut Findings,
) -> Option<Sections<'a>> {
    let table = header.sections.of(bytes)?;
    let size = usize::try_from(SECTION_SIZE).ok()?;
    let names = section_names(table, usize::from(header.names), bytes, findings)?;
    let mut sections = Vec::with_capacity(table.len() / size);
    for (index, fields) in table.chunks_exact(size).enumerate() {
        if findings.is_full() {
            return None;
        }
        sections.push(section_at(index, fields, names, findings)?);
    }
    let sections = Sections(sections);
    for section in sections
        .iter()
        .filter(|section| section.has(elf::SHF_ALLOC))
    {
        check_loaded(section, image, findings);
    }
    Some(sections)
}

fn section_names<'a>(
    table: &[u8],
    index: usize,
    bytes: &'a [u8],
    findings: &mut Findings,
) -> Option<&'a [u8]> {
    let fields = table.get(index.checked_mul(usize::try_from(SECTION_SIZE).ok()?)?..)?;
    let kind = elf::SectionType(u32_at(fields, 4)?);
    let names = Span::new(u64_at(fields, 24)?, u64_at(fields, 32)?)
        .and_then(|span| span.of(bytes))
        .filter(|names| names.last() == Some(&0) && kind == elf::SHT_STRTAB);
    if names.is_none() {
        findings.damaged(
            format_args!("section {index}"),
            "the names of sections, inside the file and with a zero at the end",
            format_args!("type {} at offset {:#x}", kind.0, u64_at(fields, 24)?),
        );
    }
    names
}

fn section_at<'a>(
    index: usize,
    fields: &[u8],
    names: &'a [u8],
    findings: &mut Findings,
) -> Option<Section<'a>> {
    let location = format_args!("section {index}");
    let name_at = u32_at(fields, 0)?;
    let Some(name) = string_at(names, u64::from(name_at), LONGEST_NAME) else {
        findings.damaged(
            location,
            "a name in the section of names",
            format_args!("offset {name_at}"),
        );
        return None;
    };
    let (address, offset, size) = (
        u64_at(fields, 16)?,
        u64_at(fields, 24)?,
        u64_at(fields, 32)?,
    );
    let (Some(memory), Some(file)) = (Span::new(address, size), Span::new(offset, size)) else {
        findings.damaged(
            location,
            "a size that its address and offset can have",
            Hex(size),
        );
        return None;
    };
    Some(Section {
        index,
        name,
        kind: elf::SectionType(u32_at(fields, 4)?),
        flags: u64_at(fields, 8)?,
        memory,
        file,
        link: u32_at(fields, 40)?,
    })
}

fn check_loaded(section: &Section<'_>, image: &MappedFile<'_>, findings: &mut Findings) {
    // Thread-local zeros have addresses, but no memory of their own.
    if section.memory.is_empty() || section.is_zeros() && section.has(elf::SHF_TLS) {
        return;
    }
    let Some(load) = image.load_holding(section.memory) else {
        findings.damaged(
            section,
            "to lie in a segment that is loaded",
            section.memory,
        );
        return;
    };
    if !section.is_zeros() && load.file_span(section.memory) != Some(section.file) {
        findings.damaged(
            section,
            format_args!("its offset and address to agree with those of {load}"),
            format_args!("offsets {} at {}", section.file, section.memory),
        );
    }
    let lacks_write = section.has(elf::SHF_WRITE) && !load.is_writable();
    let lacks_execute = section.has(elf::SHF_EXECINSTR) && !load.is_executable();
    if lacks_write || lacks_execute {
        let right = if lacks_write {
            "writable"
        } else {
            "executable"
        };
        findings.damaged(section, format_args!("to be loaded {right}"), load);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_section_of_names() {
        let mut table = vec![0; 128];
        table[68] = 3;
        table[88] = 2;
        table[96] = 8;
        let bytes = b"ab\0.text\0\0";
        let mut findings = Findings::default();
        assert_eq!(
            section_names(&table, 1, bytes, &mut findings),
            Some(&b"\0.text\0\0"[..])
        );
        table[96] = 9;
        assert_eq!(section_names(&table, 1, bytes, &mut findings), None);
        table[96] = 6;
        assert_eq!(section_names(&table, 1, bytes, &mut findings), None);
        assert_eq!(findings.into_list().len(), 2);
    }

    #[test]
    fn sizes_that_wrap_are_refused() {
        let mut fields = vec![0; 64];
        fields[16..24].fill(0xff);
        fields[32] = 1;
        let mut findings = Findings::default();
        assert!(section_at(4, &fields, b"\0", &mut findings).is_none());
        assert!(
            findings.into_list()[0]
                .to_string()
                .starts_with("section 4: expected a size")
        );
    }
}
