//! The program headers: what the loader maps where, and with which rights.

use std::fmt;

use object::elf;

use super::damage::{DamageKind, Findings, Hex};
use super::header::{Header, SEGMENT_SIZE};
use super::machine::Machine;
use super::span::Span;
use super::words::{u32_at, u64_at};

/// The largest image, more than any module has needed. The loader reserves whatever a file claims.
const LARGEST_IMAGE: u64 = 16 << 30;
const LARGEST_ALIGNMENT: u64 = 1 << 30;

/// The largest thread-local block. Every thread gets a copy on first use, and glibc ends the process when
/// there is no memory for it.
const LARGEST_THREAD_BLOCK: u64 = 64 << 20;
const LARGEST_THREAD_ALIGNMENT: u64 = 1 << 16;

/// One program header whose offsets and addresses do not wrap.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    index: u64,
    kind: elf::ProgramType,
    flags: u32,
    align: u64,
    pub(super) file: Span,
    pub(super) memory: Span,
}

impl Segment {
    pub(super) fn is_writable(&self) -> bool {
        self.flags & elf::PF_W.0 != 0
    }

    pub(super) fn is_executable(&self) -> bool {
        self.flags & elf::PF_X.0 != 0
    }

    pub(super) fn align(&self) -> u64 {
        self.align
    }

    fn is_readable(&self) -> bool {
        self.flags & elf::PF_R.0 != 0
    }

    /// The addresses that come from the file, before the zeros.
    pub(super) fn backed(&self) -> Span {
        Span::new(
            self.memory.start(),
            self.file.size().min(self.memory.size()),
        )
        .unwrap_or(self.memory)
    }

    /// The bytes of the file that the loader puts at `span`.
    pub(super) fn file_span(&self, span: Span) -> Option<Span> {
        if !self.backed().holds(span) {
            return None;
        }
        let inside = span.start().checked_sub(self.memory.start())?;
        Span::new(self.file.start().checked_add(inside)?, span.size())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            elf::PT_LOAD => "load",
            elf::PT_DYNAMIC => "dynamic table",
            elf::PT_INTERP => "interpreter",
            elf::PT_NOTE => "note",
            elf::PT_PHDR => "program headers",
            elf::PT_TLS => "thread-local storage",
            elf::PT_GNU_EH_FRAME => "unwind table",
            elf::PT_GNU_STACK => "stack",
            elf::PT_GNU_RELRO => "read-only after relocation",
            elf::PT_GNU_PROPERTY => "property",
            other => return write!(f, "segment {} (type {:#x})", self.index, other.0),
        };
        write!(f, "segment {} ({kind})", self.index)
    }
}

/// The file as the loader maps it.
#[derive(Debug)]
pub(super) struct MappedFile<'a> {
    bytes: &'a [u8],
    loads: Vec<Segment>,
    pub(super) dynamic: Segment,
    pub(super) thread_local: Option<Segment>,
    pub(super) relro: Option<Segment>,
    pub(super) unwind: Option<Segment>,
    pub(super) notes: Vec<Segment>,
}

impl<'a> MappedFile<'a> {
    /// The bytes of the file that are mapped, readable, at `span`, which must lie in one segment.
    pub(super) fn bytes(&self, span: Span) -> Option<&'a [u8]> {
        self.loads
            .iter()
            .find_map(|load| load.file_span(span))?
            .of(self.bytes)
    }

    /// The bytes of the file, mapped or not.
    pub(super) fn file_bytes(&self, span: Span) -> Option<&'a [u8]> {
        span.of(self.bytes)
    }

    /// All bytes of the file from `address` to the end of its segment.
    pub(super) fn bytes_from(&self, address: u64) -> Option<&'a [u8]> {
        let load = self
            .loads
            .iter()
            .find(|load| load.backed().holds_address(address))?;
        self.bytes(Span::new(
            address,
            load.backed().end().checked_sub(address)?,
        )?)
    }

    /// The segment whose memory, zeros included, holds all of `span`.
    pub(super) fn load_holding(&self, span: Span) -> Option<&Segment> {
        self.loads.iter().find(|load| load.memory.holds(span))
    }

    /// The segments that are mapped, from the lowest address on.
    pub(super) fn loads(&self) -> impl Iterator<Item = &Segment> {
        self.loads.iter()
    }

    pub(super) fn is_writable(&self, span: Span) -> bool {
        self.load_holding(span).is_some_and(Segment::is_writable)
    }

    pub(super) fn file_size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether an instruction from the file is at `address`.
    pub(super) fn is_code(&self, address: u64) -> bool {
        self.loads
            .iter()
            .any(|load| load.is_executable() && load.backed().holds_address(address))
    }

    /// Whether a pointer may have this value: an address inside a segment, or one past its end.
    pub(super) fn is_address(&self, address: u64) -> bool {
        self.loads
            .iter()
            .any(|load| load.memory.start() <= address && address <= load.memory.end())
    }
}

/// Reads and checks the program headers; `None` when the dynamic table cannot be looked at.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    header: &Header,
    machine: &Machine,
    findings: &mut Findings,
) -> Option<MappedFile<'a>> {
    let table = header.segments.of(bytes)?;
    let mut loads = Vec::new();
    let mut single = Singles::default();
    let mut notes = Vec::new();
    let mut others = Vec::new();
    for index in 0..header.segments.size() / SEGMENT_SIZE {
        let Some(segment) = segment_at(table, index, findings) else {
            continue;
        };
        check_in_file(&segment, bytes, findings);
        match segment.kind {
            elf::PT_LOAD => {
                check_load(&segment, machine, findings);
                loads.push(segment);
            }
            elf::PT_DYNAMIC => single.dynamic.fill(segment, findings),
            elf::PT_TLS => single.thread_local.fill(segment, findings),
            elf::PT_GNU_RELRO => single.relro.fill(segment, findings),
            elf::PT_GNU_STACK => single.stack.fill(segment, findings),
            elf::PT_PHDR => single.headers.fill(segment, findings),
            elf::PT_GNU_EH_FRAME => single.unwind.fill(segment, findings),
            elf::PT_NOTE | elf::PT_GNU_PROPERTY => notes.push(segment),
            elf::PT_INTERP => others.push(segment),
            elf::PT_NULL => {}
            kind if kind.is_os() || kind.is_proc() => {}
            kind => findings.damaged(&segment, "a known type", Hex(u64::from(kind.0))),
        }
    }
    check_layout(&loads, header, machine, findings);
    check_stack(single.stack.0.as_ref(), findings);
    let Some(dynamic) = single.dynamic.0 else {
        findings.damaged("program headers", "a dynamic table", "none");
        return None;
    };
    let image = MappedFile {
        bytes,
        loads,
        dynamic,
        thread_local: single.thread_local.0.filter(|tls| !tls.memory.is_empty()),
        relro: single.relro.0,
        unwind: single.unwind.0,
        notes,
    };
    check_dynamic(&image, findings);
    check_thread_local(&image, findings);
    check_relro(&image, findings);
    check_headers(single.headers.0.as_ref(), header, findings);
    for segment in others.iter().chain(&image.notes).chain(&image.unwind) {
        check_mapped(&image, segment, findings);
    }
    Some(image)
}

#[derive(Default)]
struct Singles {
    dynamic: Single,
    thread_local: Single,
    relro: Single,
    stack: Single,
    headers: Single,
    unwind: Single,
}

/// A header of a kind that may occur once: of two the loader uses the last, other tools the first.
#[derive(Default)]
struct Single(Option<Segment>);

impl Single {
    fn fill(&mut self, segment: Segment, findings: &mut Findings) {
        if let Some(first) = &self.0 {
            findings.damaged(&segment, "to be the only one of its kind", first);
        } else {
            self.0 = Some(segment);
        }
    }
}

fn segment_at(table: &[u8], index: u64, findings: &mut Findings) -> Option<Segment> {
    let start = usize::try_from(index * SEGMENT_SIZE).ok()?;
    let header = table.get(start..)?;
    let (offset, address) = (u64_at(header, 8)?, u64_at(header, 16)?);
    let (file_size, memory_size) = (u64_at(header, 32)?, u64_at(header, 40)?);
    let (Some(file), Some(memory)) = (
        Span::new(offset, file_size),
        Span::new(address, memory_size),
    ) else {
        findings.damaged(
            format_args!("segment {index}"),
            "an offset, address and sizes that add up",
            format_args!("{offset:#x}, {address:#x}, {file_size:#x} and {memory_size:#x}"),
        );
        return None;
    };
    Some(Segment {
        index,
        kind: elf::ProgramType(u32_at(header, 0)?),
        flags: u32_at(header, 4)?,
        align: u64_at(header, 48)?,
        file,
        memory,
    })
}

fn check_in_file(segment: &Segment, bytes: &[u8], findings: &mut Findings) {
    if segment.kind == elf::PT_GNU_STACK || segment.kind == elf::PT_NULL {
        return;
    }
    if segment.file.end() > bytes.len() as u64 {
        findings.add(
            DamageKind::Truncated,
            segment,
            format_args!("to end inside the file of {} bytes", bytes.len()),
            format_args!("an end at {}", segment.file.end()),
        );
    }
    if segment.file.size() > segment.memory.size() {
        findings.damaged(
            segment,
            format_args!(
                "at most its {} bytes of memory in the file",
                segment.memory.size()
            ),
            segment.file.size(),
        );
    }
}

fn check_load(load: &Segment, machine: &Machine, findings: &mut Findings) {
    if load.align > 1 && !load.align.is_power_of_two() || load.align > LARGEST_ALIGNMENT {
        findings.damaged(
            load,
            "an alignment that is a power of two, at most 1 GiB",
            load.align,
        );
        return;
    }
    let unit = machine.page.max(load.align);
    if load.file.start() % unit != load.memory.start() % unit {
        findings.damaged(
            load,
            format_args!("the same offset inside a page of {unit} in the file and in memory"),
            format_args!("{:#x} and {:#x}", load.file.start(), load.memory.start()),
        );
    }
    if !load.is_readable() {
        findings.damaged(
            load,
            "to be readable",
            format_args!("flags {:#x}", load.flags),
        );
    }
    if load.is_writable() && load.is_executable() {
        findings.add(
            DamageKind::NotAllowed,
            load,
            "to be writable or executable",
            "both (a linker script or `-N` does this)",
        );
    }
}

/// The loader reserves the addresses from the first segment to the end of the last, and maps each segment
/// over the reservation in whole pages. It does not check their order.
fn check_layout(loads: &[Segment], header: &Header, machine: &Machine, findings: &mut Findings) {
    let (Some(first), Some(last)) = (loads.first(), loads.last()) else {
        findings.damaged("program headers", "segments to load", "none");
        return;
    };
    if first.file.start() != 0 || first.memory.start() != 0 {
        findings.damaged(
            first,
            "to map the start of the file at address 0",
            format_args!(
                "offset {:#x} at {:#x}",
                first.file.start(),
                first.memory.start()
            ),
        );
    }
    if !first.file.holds(header.segments) {
        findings.damaged(
            first,
            format_args!("to hold the program headers at {}", header.segments),
            first.file,
        );
    }
    if last.memory.end() > LARGEST_IMAGE {
        let expected = format_args!("to end below {LARGEST_IMAGE:#x}");
        findings.damaged(last, expected, Hex(last.memory.end()));
    }
    for pair in loads.windows(2) {
        let [lower, upper] = pair else { continue };
        let page_of = |address: u64| address / machine.page;
        let shares_page = !lower.memory.is_empty()
            && page_of(lower.memory.end().saturating_sub(1)) >= page_of(upper.memory.start());
        if lower.memory.start() >= upper.memory.start() || shares_page {
            findings.damaged(
                upper,
                format_args!("to start on a page above {}, {}", lower, lower.memory),
                Hex(upper.memory.start()),
            );
        }
    }
}

fn check_stack(stack: Option<&Segment>, findings: &mut Findings) {
    let found = match stack {
        Some(stack) if !stack.is_executable() => return,
        Some(_) => "one that makes all stacks of the process executable",
        // The loader assumes an executable stack where a file has no such header.
        None => "none, which makes all stacks of the process executable",
    };
    findings.add(
        DamageKind::NotAllowed,
        "program headers",
        "a stack header without execute permission",
        found,
    );
}

fn check_mapped(image: &MappedFile<'_>, segment: &Segment, findings: &mut Findings) {
    let mapped = image
        .loads
        .iter()
        .find_map(|load| load.file_span(Span::new(segment.memory.start(), segment.file.size())?));
    if mapped != Some(segment.file) {
        findings.damaged(
            segment,
            "addresses at which these bytes of the file are mapped",
            format_args!("offsets {} for addresses {}", segment.file, segment.memory),
        );
    }
}

fn check_dynamic(image: &MappedFile<'_>, findings: &mut Findings) {
    let dynamic = &image.dynamic;
    check_mapped(image, dynamic, findings);
    if !dynamic.memory.start().is_multiple_of(8) || dynamic.file.size() != dynamic.memory.size() {
        findings.damaged(
            dynamic,
            "to start at a multiple of 8, all of it in the file",
            format_args!(
                "{} with {} bytes in the file",
                dynamic.memory,
                dynamic.file.size()
            ),
        );
    }
    // The loader adds the load address to entries in place, unless the header says read-only.
    if dynamic.is_writable() && !image.is_writable(dynamic.memory) {
        findings.damaged(
            dynamic,
            "to lie in a writable segment, as its flags say",
            "one that is not",
        );
    }
}

fn check_thread_local(image: &MappedFile<'_>, findings: &mut Findings) {
    let Some(tls) = &image.thread_local else {
        return;
    };
    if !tls.file.is_empty() {
        check_mapped(image, tls, findings);
    }
    if !tls.align.is_power_of_two() || tls.align > LARGEST_THREAD_ALIGNMENT {
        findings.damaged(
            tls,
            format_args!("an alignment that is a power of two, at most {LARGEST_THREAD_ALIGNMENT}"),
            tls.align,
        );
    }
    if tls.memory.size() > LARGEST_THREAD_BLOCK {
        findings.damaged(
            tls,
            format_args!("at most {LARGEST_THREAD_BLOCK} bytes per thread"),
            tls.memory.size(),
        );
    }
}

fn check_relro(image: &MappedFile<'_>, findings: &mut Findings) {
    let Some(relro) = &image.relro else { return };
    if !image.is_writable(relro.memory) {
        findings.damaged(relro, "to lie in one writable segment", relro.memory);
    }
}

fn check_headers(headers: Option<&Segment>, header: &Header, findings: &mut Findings) {
    let Some(headers) = headers else { return };
    // The first load maps offsets to equal addresses, which `check_layout` has made sure of.
    let (start, size) = (header.segments.start(), header.segments.size());
    if Span::new(start, size) != Some(headers.memory) || headers.file != headers.memory {
        findings.damaged(
            headers,
            format_args!("to be at {} as in the file header", header.segments),
            headers.memory,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 65536;

    #[derive(Clone, Copy)]
    struct Row {
        kind: elf::ProgramType,
        flags: u32,
        offset: u64,
        address: u64,
        file_size: u64,
        memory_size: u64,
        align: u64,
    }

    const fn row(kind: elf::ProgramType, flags: u32, offset: u64, size: u64, align: u64) -> Row {
        Row {
            kind,
            flags,
            offset,
            address: offset,
            file_size: size,
            memory_size: size,
            align,
        }
    }

    fn good() -> Vec<Row> {
        vec![
            row(elf::PT_LOAD, 4, 0, 0x1000, PAGE),
            row(elf::PT_LOAD, 5, PAGE, 0x1000, PAGE),
            row(elf::PT_LOAD, 6, 2 * PAGE, 0x1000, PAGE),
            row(elf::PT_DYNAMIC, 6, 2 * PAGE + 0x100, 0x40, 8),
            row(elf::PT_GNU_RELRO, 4, 2 * PAGE, 0x1000, 1),
            row(elf::PT_TLS, 4, 2 * PAGE, 0x10, 8),
            row(elf::PT_GNU_STACK, 6, 0, 0, 16),
        ]
    }

    fn damage(rows: &[Row]) -> Vec<String> {
        let mut bytes = vec![0; 3 * PAGE as usize];
        for (index, row) in rows.iter().enumerate() {
            let start = 64 + 56 * index;
            bytes[start..start + 4].copy_from_slice(&row.kind.0.to_le_bytes());
            bytes[start + 4..start + 8].copy_from_slice(&row.flags.to_le_bytes());
            let words = [
                row.offset,
                row.address,
                row.address,
                row.file_size,
                row.memory_size,
                row.align,
            ];
            for (word, value) in words.iter().enumerate() {
                let start = start + 8 + 8 * word;
                bytes[start..start + 8].copy_from_slice(&value.to_le_bytes());
            }
        }
        let header = Header {
            segments: Span::table(64, rows.len() as u64, SEGMENT_SIZE).unwrap(),
            sections: Span::new(0x800, 64).unwrap(),
            names: 0,
        };
        let mut findings = Findings::default();
        read(&bytes, &header, Machine::host().unwrap(), &mut findings);
        findings
            .into_list()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn plain_segments_pass() {
        assert_eq!(damage(&good()), [] as [&str; 0]);
    }

    #[test]
    fn one_wrong_field_is_refused_where_it_is() {
        /// A segment, what is done to it, and how the damage begins.
        type Case = (usize, fn(&mut Row), &'static str);
        let cases: [Case; 18] = [
            (
                0,
                |row| row.offset = PAGE,
                "segment 0 (load): expected to map the start",
            ),
            (
                0,
                |row| row.file_size = 100,
                "segment 0 (load): expected to hold the program headers",
            ),
            (
                1,
                |row| row.file_size += 1,
                "segment 1 (load): expected at most its 4096 bytes",
            ),
            (
                1,
                |row| row.align = 3,
                "segment 1 (load): expected an alignment",
            ),
            (
                1,
                |row| row.offset += 8,
                "segment 1 (load): expected the same offset",
            ),
            (
                1,
                |row| row.flags = 1,
                "segment 1 (load): expected to be readable",
            ),
            (
                1,
                |row| row.flags = 7,
                "segment 1 (load): expected to be writable or executable",
            ),
            (
                1,
                |row| row.address = 0,
                "segment 1 (load): expected to start on a page above",
            ),
            (
                1,
                |row| row.memory_size = 2 * PAGE,
                "segment 2 (load): expected to start on a page",
            ),
            (
                2,
                |row| row.memory_size = 1 << 50,
                "segment 2 (load): expected to end below",
            ),
            (
                2,
                |row| row.offset = u64::MAX,
                "segment 2: expected an offset, address and sizes",
            ),
            (
                2,
                |row| row.offset = 3 * PAGE,
                "segment 2 (load): expected to end inside the file",
            ),
            (
                3,
                |row| row.address += 4,
                "segment 3 (dynamic table): expected addresses at which",
            ),
            (
                3,
                |row| row.kind = elf::PT_NULL,
                "program headers: expected a dynamic table",
            ),
            (
                4,
                |row| row.memory_size += 1,
                "segment 4 (read-only after relocation): expected to",
            ),
            (
                5,
                |row| row.align = 0,
                "segment 5 (thread-local storage): expected an alignment",
            ),
            (
                5,
                |row| row.memory_size = 1 << 40,
                "segment 5 (thread-local storage): expected at",
            ),
            (
                6,
                |row| row.flags = 7,
                "program headers: expected a stack header",
            ),
        ];
        for (index, change, expected) in cases {
            let mut rows = good();
            change(&mut rows[index]);
            let found = damage(&rows);
            assert!(
                found.iter().any(|line| line.starts_with(expected)),
                "{expected}: {found:#?}"
            );
        }
    }

    #[test]
    fn a_second_dynamic_table_is_refused() {
        let mut rows = good();
        rows.push(rows[3]);
        assert!(damage(&rows)[0].starts_with("segment 7 (dynamic table): expected to be the only"));
    }
}
