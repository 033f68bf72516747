//! The first 64 bytes: what the file is, and where its two tables of headers are.

use object::elf;

use super::damage::{DamageKind, Findings, RawName};
use super::machine::Machine;
use super::span::Span;
use super::words::{u16_at, u32_at, u64_at};

const LOCATION: &str = "file header";
const HEADER_SIZE: usize = 64;
pub(super) const SEGMENT_SIZE: u64 = 56;
pub(super) const SECTION_SIZE: u64 = 64;

/// glibc keeps about 180 bytes per program header on the stack of the thread that calls `dlopen`. Linkers
/// write a dozen; 65535 of them overflow the stack of a thread.
const MOST_SEGMENTS: u16 = 128;

/// Where the two tables are. Both lie inside the file.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) segments: Span,
    pub(super) sections: Span,
    /// Index of the section that holds the section names.
    pub(super) names: u16,
}

pub(super) fn read(bytes: &[u8], machine: &Machine, findings: &mut Findings) -> Option<Header> {
    check_kind_of_file(bytes, findings)?;
    check_identity(bytes, findings)?;
    let kind = elf::FileType(u16_at(bytes, 16)?);
    let code = u16_at(bytes, 18)?;
    if code != machine.code {
        findings.add(
            DamageKind::OtherArchitecture,
            LOCATION,
            format_args!("an object for {} (machine {})", machine.name, machine.code),
            machine_name(code),
        );
        return None;
    }
    if kind != elf::ET_DYN {
        let found = match kind {
            elf::ET_EXEC => "an executable at a fixed address".to_owned(),
            elf::ET_REL => "an object that has not been linked".to_owned(),
            elf::ET_CORE => "a core dump".to_owned(),
            other => format!("type {}", other.0),
        };
        findings.add(
            DamageKind::NotAModule,
            LOCATION,
            "a shared library (type 3)",
            found,
        );
        return None;
    }
    check_sizes(bytes, findings)?;
    let segments = segment_table(bytes, findings)?;
    let (sections, names) = section_table(bytes, findings)?;
    Some(Header {
        segments,
        sections,
        names,
    })
}

fn check_kind_of_file(bytes: &[u8], findings: &mut Findings) -> Option<()> {
    const EXPECTED: &str = "an ELF object file";
    if bytes.is_empty() {
        findings.add(DamageKind::Empty, "file", EXPECTED, "no bytes at all");
        return None;
    }
    if !bytes.starts_with(&elf::ELFMAG) {
        if elf::ELFMAG.starts_with(bytes) {
            truncated_header(bytes, findings);
        } else {
            findings.add(DamageKind::NotAnObject, "file", EXPECTED, what_else(bytes));
        }
        return None;
    }
    if bytes.len() < HEADER_SIZE {
        truncated_header(bytes, findings);
        return None;
    }
    Some(())
}

fn truncated_header(bytes: &[u8], findings: &mut Findings) {
    findings.add(
        DamageKind::Truncated,
        LOCATION,
        format_args!("{HEADER_SIZE} bytes"),
        format_args!("a file of {}", bytes.len()),
    );
}

/// Guesses what the file is instead: a wrong path is more common than a broken file.
fn what_else(bytes: &[u8]) -> String {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"!<arch>\n", "an archive (is this a staticlib or rlib?)"),
        (b"MZ", "a Windows library"),
        (&[0xcf, 0xfa, 0xed, 0xfe], "a macOS library"),
        (&[0xca, 0xfe, 0xba, 0xbe], "a macOS universal library"),
        (b"\0asm", "a WebAssembly module"),
        (&[0x1f, 0x8b], "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
    ];
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return (*what).to_owned();
    }
    let start = bytes.get(..64).unwrap_or(bytes);
    if start.iter().all(|&byte| byte == 0) {
        "zeros".to_owned()
    } else if start
        .iter()
        .all(|&byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
    {
        let line = start.split(|&byte| byte == b'\n').next().unwrap_or(start);
        format!("a text that starts with {}", RawName(line))
    } else {
        format!(
            "bytes that start with {}",
            RawName(start.get(..4).unwrap_or(start))
        )
    }
}

/// `e_ident`, byte by byte: glibc compares all sixteen.
fn check_identity(bytes: &[u8], findings: &mut Findings) -> Option<()> {
    let ident = bytes.get(..16)?;
    let byte = |index: usize| ident.get(index).copied().unwrap_or(0);
    let class = elf::FileClass(byte(4));
    if class != elf::ELFCLASS64 {
        let (kind, found) = match class {
            elf::ELFCLASS32 => (DamageKind::OtherClass, "a 32-bit object".to_owned()),
            other => (DamageKind::Damaged, format!("class {}", other.0)),
        };
        findings.add(kind, LOCATION, "a 64-bit object", found);
        return None;
    }
    let encoding = elf::DataEncoding(byte(5));
    if encoding != elf::ELFDATA2LSB {
        let (kind, found) = match encoding {
            elf::ELFDATA2MSB => (DamageKind::OtherArchitecture, "big endian".to_owned()),
            other => (DamageKind::Damaged, format!("byte order {}", other.0)),
        };
        findings.add(kind, LOCATION, "little endian", found);
        return None;
    }
    let current = u32::from(elf::EV_CURRENT.0);
    let version = u32_at(bytes, 20)?;
    if u32::from(byte(6)) != current || version != current {
        let found = format_args!("version {} and {version}", byte(6));
        findings.damaged(LOCATION, "ELF version 1", found);
        return None;
    }
    let system = elf::OsAbi(byte(7));
    if !matches!(system, elf::ELFOSABI_SYSV | elf::ELFOSABI_GNU) {
        findings.damaged(LOCATION, "system ABI 0 (none) or 3 (GNU)", system.0);
        return None;
    }
    if ident.get(8..)?.iter().any(|&byte| byte != 0) {
        findings.damaged(
            LOCATION,
            "zeros after the system ABI",
            RawName(ident.get(8..)?),
        );
        return None;
    }
    Some(())
}

fn machine_name(code: u16) -> String {
    let name = match elf::Machine(code) {
        elf::EM_386 => "x86 (32 bit)",
        elf::EM_ARM => "ARM (32 bit)",
        elf::EM_X86_64 => "x86-64",
        elf::EM_AARCH64 => "AArch64",
        elf::EM_RISCV => "RISC-V",
        elf::EM_PPC64 => "PowerPC 64",
        elf::EM_S390 => "S/390",
        elf::EM_LOONGARCH => "LoongArch",
        _ => return format!("machine {code}"),
    };
    format!("{name} (machine {code})")
}

fn check_sizes(bytes: &[u8], findings: &mut Findings) -> Option<()> {
    let sizes = [
        ("header size", 52, HEADER_SIZE as u64),
        ("size of a program header", 54, SEGMENT_SIZE),
        ("size of a section header", 58, SECTION_SIZE),
    ];
    for (what, offset, expected) in sizes {
        let found = u64::from(u16_at(bytes, offset)?);
        // A file whose section table was removed has no entry size either; `section_table` reports
        // that in better words.
        let absent = offset == 58 && found == 0 && u64_at(bytes, 40)? == 0;
        if found != expected && !absent {
            findings.damaged(LOCATION, format_args!("{what} {expected}"), found);
            return None;
        }
    }
    Some(())
}

fn segment_table(bytes: &[u8], findings: &mut Findings) -> Option<Span> {
    let count = u16_at(bytes, 56)?;
    if count == 0 || count > MOST_SEGMENTS {
        findings.damaged(
            LOCATION,
            format_args!("1 to {MOST_SEGMENTS} program headers"),
            count,
        );
        return None;
    }
    let offset = u64_at(bytes, 32)?;
    table_inside(
        bytes,
        "program headers",
        offset,
        u64::from(count),
        SEGMENT_SIZE,
        findings,
    )
}

fn section_table(bytes: &[u8], findings: &mut Findings) -> Option<(Span, u16)> {
    let offset = u64_at(bytes, 40)?;
    let count = u16_at(bytes, 60)?;
    let names = u16_at(bytes, 62)?;
    if offset == 0 || count == 0 {
        findings.add(
            DamageKind::NotAllowed,
            LOCATION,
            "a table of section headers, in which the manifest is found",
            "none (plain `strip` keeps it; `sstrip` and `llvm-strip --strip-sections` do not)",
        );
        return None;
    }
    if names == 0 || names >= count {
        let expected = format_args!("the section of names to be one of 1..{count}");
        findings.damaged(LOCATION, expected, names);
        return None;
    }
    let table = table_inside(
        bytes,
        "section headers",
        offset,
        u64::from(count),
        SECTION_SIZE,
        findings,
    )?;
    Some((table, names))
}

fn table_inside(
    bytes: &[u8],
    what: &str,
    offset: u64,
    count: u64,
    size: u64,
    findings: &mut Findings,
) -> Option<Span> {
    let table = Span::table(offset, count, size);
    let inside = table.filter(|table| table.end() <= bytes.len() as u64);
    if inside.is_none() {
        let found = match table {
            Some(table) => format!("an end at {}", table.end()),
            None => format!("{count} at offset {offset}"),
        };
        findings.add(
            DamageKind::Truncated,
            LOCATION,
            format_args!("{what} to end inside the file of {} bytes", bytes.len()),
            found,
        );
        return None;
    }
    if !offset.is_multiple_of(8) || offset < HEADER_SIZE as u64 {
        let expected = format_args!("{what} behind the file header, at a multiple of 8");
        findings.damaged(LOCATION, expected, offset);
        return None;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header that passes, with one program header and two section headers behind it.
    fn good() -> Vec<u8> {
        let machine = Machine::host().unwrap();
        let mut bytes = vec![0; 64 + 56 + 128];
        bytes[..8].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0]);
        bytes[16] = 3;
        bytes[18..20].copy_from_slice(&machine.code.to_le_bytes());
        bytes[20] = 1;
        bytes[32] = 64;
        bytes[40] = 120;
        for (offset, value) in [(52, 64), (54, 56), (56, 1), (58, 64), (60, 2), (62, 1)] {
            bytes[offset] = value;
        }
        bytes
    }

    fn kinds(bytes: &[u8]) -> Vec<DamageKind> {
        let mut findings = Findings::default();
        let header = read(bytes, Machine::host().unwrap(), &mut findings);
        assert_eq!(header.is_some(), findings.is_empty());
        findings
            .into_list()
            .into_iter()
            .map(|damage| damage.kind)
            .collect()
    }

    #[test]
    fn a_plain_header_passes() {
        assert_eq!(kinds(&good()), []);
    }

    #[test]
    fn files_of_other_kinds_are_named() {
        for (bytes, kind) in [
            (&b""[..], DamageKind::Empty),
            (b"\x7fEL", DamageKind::Truncated),
            (b"\x7fELF\x02\x01\x01", DamageKind::Truncated),
            (b"#!/bin/sh\necho no\n", DamageKind::NotAnObject),
            (b"!<arch>\n", DamageKind::NotAnObject),
            (&[0; 4096], DamageKind::NotAnObject),
        ] {
            assert_eq!(kinds(bytes), [kind], "{}", RawName(bytes));
        }
        assert_eq!(
            what_else(b"#!/bin/sh\necho"),
            "a text that starts with `#!/bin/sh`"
        );
    }

    #[test]
    fn one_wrong_byte_is_refused() {
        for (offset, value, kind) in [
            (4, 1, DamageKind::OtherClass),
            (4, 9, DamageKind::Damaged),
            (5, 2, DamageKind::OtherArchitecture),
            (6, 2, DamageKind::Damaged),
            (7, 9, DamageKind::Damaged),
            (15, 1, DamageKind::Damaged),
            (16, 2, DamageKind::NotAModule),
            (16, 1, DamageKind::NotAModule),
            (18, 3, DamageKind::OtherArchitecture),
            (20, 2, DamageKind::Damaged),
            (32, 1, DamageKind::Damaged),
            (39, 0xff, DamageKind::Truncated),
            (40, 0, DamageKind::NotAllowed),
            (47, 0xff, DamageKind::Truncated),
            (52, 0, DamageKind::Damaged),
            (54, 32, DamageKind::Damaged),
            (56, 0, DamageKind::Damaged),
            (57, 0xff, DamageKind::Damaged),
            (60, 3, DamageKind::Truncated),
            (62, 2, DamageKind::Damaged),
        ] {
            let mut bytes = good();
            bytes[offset] = value;
            assert_eq!(kinds(&bytes), [kind], "byte {offset} = {value}");
        }
    }
}
