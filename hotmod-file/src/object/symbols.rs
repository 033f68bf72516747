//! The dynamic symbols, and the string table that holds their names.

use std::fmt;

use object::elf;

use super::damage::{DamageKind, Findings, Hex, RawName};
use super::dynamic::Dynamic;
use super::machine::Machine;
use super::sections::Sections;
use super::segments::MappedFile;
use super::span::Span;
use super::words::{string_at, u16_at, u32_at, u64_at};

const SIZE: u64 = 24;

/// The longest name. Rust and C++ symbols of a few kilobytes exist, but none of this size.
const LONGEST_NAME: usize = 1 << 16;

/// The most symbols. A module that links a browser's engine has a tenth of them.
const MOST: usize = 1 << 20;

/// The dynamic string table. It ends with a zero, so a string starts at every offset inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    #[cfg(test)]
    pub(super) fn of(bytes: &'a [u8]) -> Strings<'a> {
        Strings(bytes)
    }

    pub(super) fn read(
        image: &MappedFile<'a>,
        dynamic: &Dynamic,
        findings: &mut Findings,
    ) -> Option<Strings<'a>> {
        let bytes = image.bytes(dynamic.table(elf::DT_STRTAB, elf::DT_STRSZ)?)?;
        if bytes.first() != Some(&0) || bytes.last() != Some(&0) {
            findings.damaged(
                "dynamic string table",
                "a zero as its first and as its last byte",
                format_args!("{} bytes without", bytes.len()),
            );
            return None;
        }
        Some(Strings(bytes))
    }

    pub(super) fn get(self, offset: u64) -> Option<&'a [u8]> {
        string_at(self.0, offset, LONGEST_NAME)
    }

    pub(super) fn size(self) -> usize {
        self.0.len()
    }
}

/// One dynamic symbol, checked as far as it can be on its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol<'a> {
    pub(super) index: usize,
    pub(super) name: &'a [u8],
    pub(super) kind: elf::SymbolType,
    pub(super) binding: elf::SymbolBind,
    pub(super) other: u8,
    pub(super) section: elf::SymbolSection,
    pub(super) value: u64,
    pub(super) size: u64,
}

impl Symbol<'_> {
    pub(super) fn is_defined(&self) -> bool {
        self.section != elf::SHN_UNDEF
    }

    pub(super) fn is_local(&self) -> bool {
        self.binding == elf::STB_LOCAL
    }

    /// Whether references from this file always bind to this very symbol.
    pub(super) fn binds_here(&self) -> bool {
        self.is_local() || matches!(self.visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL)
    }

    pub(super) fn visibility(&self) -> elf::SymbolVisibility {
        elf::SymbolVisibility(self.other & 3)
    }

    pub(super) fn is_thread_local(&self) -> bool {
        self.kind == elf::STT_TLS
    }
}

impl fmt::Display for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "symbol {} ({})", self.index, RawName(self.name))
    }
}

#[derive(Debug)]
pub(super) struct Symbols<'a>(Vec<Symbol<'a>>);

impl<'a> Symbols<'a> {
    /// Symbol 0 and exported functions of these names, for the tests of other tables.
    #[cfg(test)]
    pub(super) fn exporting(names: &[&'a str]) -> Symbols<'a> {
        let symbol = |(index, name): (usize, &&'a str)| Symbol {
            index,
            name: name.as_bytes(),
            kind: elf::STT_FUNC,
            binding: if index == 0 {
                elf::STB_LOCAL
            } else {
                elf::STB_GLOBAL
            },
            other: 0,
            section: elf::SymbolSection(u16::from(index != 0)),
            value: 0,
            size: 0,
        };
        Symbols([""].iter().chain(names).enumerate().map(symbol).collect())
    }

    pub(super) fn get(&self, index: usize) -> Option<&Symbol<'a>> {
        self.0.get(index)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Symbol<'a>> {
        self.0.iter()
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Where the symbol table is, and how long. Only its section says how long; the dynamic table does not.
pub(super) fn span(dynamic: &Dynamic, sections: &Sections<'_>) -> Option<Span> {
    let section = sections.only(elf::SHT_DYNSYM)?;
    (Some(section.memory.start()) == dynamic.value(elf::DT_SYMTAB)).then_some(section.memory)
}

pub(super) fn read<'a>(
    image: &MappedFile<'a>,
    dynamic: &Dynamic,
    sections: &Sections<'a>,
    strings: Strings<'a>,
    machine: &Machine,
    findings: &mut Findings,
) -> Option<Symbols<'a>> {
    let table = span(dynamic, sections)
        .filter(|table| {
            table.size().is_multiple_of(SIZE) && table.size() > 0 && table.start().is_multiple_of(8)
        })
        .and_then(|table| image.bytes(table));
    let Some(table) = table else {
        findings.damaged(
            "dynamic symbol table",
            "to be where its section is, with whole symbols",
            format_args!("{:#x}", dynamic.value(elf::DT_SYMTAB)?),
        );
        return None;
    };
    let size = usize::try_from(SIZE).ok()?;
    if table.len() / size > MOST {
        let expected = format_args!("at most {MOST} symbols");
        findings.damaged("dynamic symbol table", expected, table.len() / size);
        return None;
    }
    let mut symbols = Vec::with_capacity(table.len() / size);
    let mut budget = NameBudget::new(strings);
    for (index, fields) in table.chunks_exact(size).enumerate() {
        if findings.is_full() {
            return None;
        }
        let symbol = symbol_at(index, fields, strings, findings)?;
        budget.spend(&symbol, findings)?;
        check(&symbol, image, sections, machine, findings);
        symbols.push(symbol);
    }
    Some(Symbols(symbols))
}

/// Bounds the bytes that hashing all names may read: a hostile table can name one long string a
/// million times.
struct NameBudget(usize);

impl NameBudget {
    fn new(strings: Strings<'_>) -> NameBudget {
        const SHARED_TAILS: usize = 8;
        NameBudget(
            strings
                .size()
                .saturating_mul(SHARED_TAILS)
                .saturating_add(LONGEST_NAME),
        )
    }

    fn spend(&mut self, symbol: &Symbol<'_>, findings: &mut Findings) -> Option<()> {
        let left = self.0.checked_sub(symbol.name.len());
        if left.is_none() {
            findings.damaged(
                "dynamic symbol table",
                "names that fill the string table a few times at most",
                format_args!("more up to symbol {}", symbol.index),
            );
        }
        self.0 = left?;
        Some(())
    }
}

fn symbol_at<'a>(
    index: usize,
    fields: &[u8],
    strings: Strings<'a>,
    findings: &mut Findings,
) -> Option<Symbol<'a>> {
    let name_at = u32_at(fields, 0)?;
    let Some(name) = strings.get(u64::from(name_at)) else {
        findings.damaged(
            format_args!("symbol {index}"),
            format_args!("a name in the string table of {} bytes", strings.size()),
            format_args!("offset {name_at}"),
        );
        return None;
    };
    let info = elf::SymbolInfo(*fields.get(4)?);
    Some(Symbol {
        index,
        name,
        kind: info.st_type(),
        binding: info.st_bind(),
        other: *fields.get(5)?,
        section: elf::SymbolSection(u16_at(fields, 6)?),
        value: u64_at(fields, 8)?,
        size: u64_at(fields, 16)?,
    })
}

fn check(
    symbol: &Symbol<'_>,
    image: &MappedFile<'_>,
    sections: &Sections<'_>,
    machine: &Machine,
    findings: &mut Findings,
) {
    if symbol.index == 0 {
        let blank = symbol.name.is_empty()
            && (symbol.kind, symbol.binding) == (elf::STT_NOTYPE, elf::STB_LOCAL)
            && (symbol.other, symbol.section) == (0, elf::SHN_UNDEF)
            && (symbol.value, symbol.size) == (0, 0);
        if !blank {
            findings.damaged("symbol 0", "zeros: it stands for no symbol", "other values");
        }
        return;
    }
    let known_binding = matches!(
        symbol.binding,
        elf::STB_LOCAL | elf::STB_GLOBAL | elf::STB_WEAK | elf::STB_GNU_UNIQUE
    );
    if !known_binding {
        findings.damaged(symbol, "a known binding", symbol.binding.0);
    }
    if symbol.other & !(machine.symbol_bits | 3) != 0 {
        findings.damaged(symbol, "a known visibility", Hex(u64::from(symbol.other)));
    }
    if symbol.is_defined() {
        check_defined(symbol, image, sections, findings);
    } else {
        check_undefined(symbol, findings);
    }
}

/// Checks a symbol that is defined elsewhere. The loader looks for it only if it is visible: a hidden or
/// protected one gets the address of the file header.
fn check_undefined(symbol: &Symbol<'_>, findings: &mut Findings) {
    let is_visible = !symbol.is_local() && symbol.visibility() == elf::STV_DEFAULT;
    if !is_visible || symbol.value != 0 || symbol.name.is_empty() {
        findings.damaged(
            symbol,
            "a name, no address, default visibility and no local binding, since it is defined \
             elsewhere",
            format_args!(
                "address {:#x}, visibility {}, binding {}",
                symbol.value,
                symbol.visibility().0,
                symbol.binding.0
            ),
        );
    }
    let can_be_elsewhere = matches!(
        symbol.kind,
        elf::STT_NOTYPE | elf::STT_OBJECT | elf::STT_FUNC | elf::STT_TLS
    );
    if !can_be_elsewhere || symbol.binding == elf::STB_GNU_UNIQUE {
        findings.damaged(
            symbol,
            "a function or a variable, since it is defined elsewhere",
            format_args!("type {}, binding {}", symbol.kind.0, symbol.binding.0),
        );
    }
}

fn check_kind(symbol: &Symbol<'_>, findings: &mut Findings) {
    let known = matches!(
        symbol.kind,
        elf::STT_NOTYPE
            | elf::STT_OBJECT
            | elf::STT_FUNC
            | elf::STT_SECTION
            | elf::STT_FILE
            | elf::STT_TLS
            | elf::STT_GNU_IFUNC
    );
    if !known {
        findings.damaged(symbol, "a known type", symbol.kind.0);
    }
}

fn check_defined(
    symbol: &Symbol<'_>,
    image: &MappedFile<'_>,
    sections: &Sections<'_>,
    findings: &mut Findings,
) {
    check_kind(symbol, findings);
    // An absolute symbol is a number, not an address; linkers define version names so.
    if symbol.section == elf::SHN_ABS {
        if matches!(
            symbol.kind,
            elf::STT_FUNC | elf::STT_GNU_IFUNC | elf::STT_TLS
        ) {
            let found = format_args!("type {} at an absolute address", symbol.kind.0);
            findings.damaged(symbol, "to lie in a section", found);
        }
        return;
    }
    let is_reserved = symbol.section.0 >= elf::SHN_LORESERVE;
    if is_reserved || usize::from(symbol.section.0) >= sections.count() {
        let expected = format_args!("a section below {}", sections.count());
        findings.damaged(symbol, expected, symbol.section.0);
        return;
    }
    let Some(extent) = Span::new(symbol.value, symbol.size) else {
        findings.damaged(symbol, "a size that its address can have", Hex(symbol.size));
        return;
    };
    match symbol.kind {
        elf::STT_TLS => {
            let block = image
                .thread_local
                .as_ref()
                .map_or(0, |tls| tls.memory.size());
            if extent.end() > block {
                let expected = format_args!("to lie in the {block} thread-local bytes");
                findings.damaged(symbol, expected, extent);
            }
        }
        elf::STT_GNU_IFUNC => findings.add(
            DamageKind::NotAllowed,
            symbol,
            "a function",
            "a resolver, which the loader would run before the module is accepted",
        ),
        elf::STT_FUNC => {
            let executable = image
                .load_holding(extent)
                .is_some_and(|load| load.is_executable());
            if !executable || !image.is_code(symbol.value) {
                findings.damaged(symbol, "a function in an executable segment", extent);
            }
        }
        _ => {
            // `_end` and its like lie one past the end of the last segment.
            if !(image.is_address(extent.start()) && image.is_address(extent.end())) {
                findings.damaged(symbol, "to lie in a segment that is loaded", extent);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: u32, info: u8, other: u8, section: u16, value: u64) -> Vec<u8> {
        let mut fields = Vec::new();
        fields.extend(name.to_le_bytes());
        fields.extend([info, other]);
        fields.extend(section.to_le_bytes());
        fields.extend(value.to_le_bytes());
        fields.extend(8_u64.to_le_bytes());
        fields
    }

    #[test]
    fn undefined_symbols_must_be_looked_up() {
        let strings = Strings::of(b"\0malloc\0");
        for (name, info, other, value, sound) in [
            (1, 0x12, 0, 0, true),
            (1, 0x22, 0, 0, true),
            (1, 0x02, 0, 0, false),
            (1, 0x16, 0, 0, true),
            (1, 0x12, 1, 0, false),
            (1, 0x12, 2, 0, false),
            (1, 0x12, 3, 0, false),
            (1, 0x22, 3, 0, false),
            (1, 0x11, 3, 0, false),
            (1, 0x13, 0, 0, false),
            (1, 0x14, 0, 0, false),
            (1, 0x15, 0, 0, false),
            (1, 0x1a, 0, 0, false),
            (1, 0xa1, 0, 0, false),
            (1, 0x12, 0, 64, false),
            (0, 0x12, 0, 0, false),
        ] {
            let mut findings = Findings::default();
            let fields = fields(name, info, other, 0, value);
            let symbol = symbol_at(1, &fields, strings, &mut findings).unwrap();
            check_undefined(&symbol, &mut findings);
            assert_eq!(findings.is_empty(), sound, "{symbol:?}");
        }
    }

    #[test]
    fn names_outside_the_string_table_are_refused() {
        let mut findings = Findings::default();
        assert!(
            symbol_at(
                3,
                &fields(8, 0x12, 0, 0, 0),
                Strings::of(b"\0malloc\0"),
                &mut findings
            )
            .is_none()
        );
        assert_eq!(
            findings.into_list()[0].to_string(),
            "symbol 3: expected a name in the string table of 8 bytes, found offset 8"
        );
    }

    #[test]
    fn one_long_name_cannot_be_named_without_end() {
        let mut text = vec![b'x'; LONGEST_NAME - 1];
        text.push(0);
        let strings = Strings::of(&text);
        let mut findings = Findings::default();
        let mut budget = NameBudget::new(strings);
        let symbol = symbol_at(1, &fields(0, 0x12, 0, 0, 0), strings, &mut findings).unwrap();
        let times = (0..100)
            .take_while(|_| budget.spend(&symbol, &mut findings).is_some())
            .count();
        assert!(times < 10);
        assert!(!findings.is_empty());
    }
}
