//! Relocations: what the loader writes into the image, where, and with which symbol.
//!
//! The loader checks none of the three. A type of relocation that it does not know ends the process.

use std::fmt;

use object::elf;

use super::constructors::{Constructors, Filling};
use super::damage::{DamageKind, Findings, Hex};
use super::dynamic::Dynamic;
use super::machine::{Machine, Meaning};
use super::sections::Sections;
use super::segments::MappedFile;
use super::span::Span;
use super::symbols::{Symbol, Symbols};
use super::unwind::Functions;
use super::words::{u32_at, u64_at};

const SIZE: usize = 24;
const WORD: u64 = 8;

/// The greatest addend. Addends reach into an array or a structure of another library; none is this large.
const FURTHEST: u64 = 1 << 31;

/// The most tables of the loader: each relocation is compared with each of them. Linkers write a dozen.
const MOST_TABLES: usize = 64;

pub(super) struct Relocations<'c, 'a> {
    image: &'c MappedFile<'a>,
    symbols: &'c Symbols<'a>,
    functions: &'c Functions,
    machine: &'static Machine,
    /// Tables that the loader reads while it relocates.
    tables: Vec<Span>,
    /// Where relocations write; in a sound file no two overlap.
    written: Vec<Span>,
    most_written: u64,
    /// Which slots each symbol already has.
    slots: Vec<Slots>,
    /// The slot of the last procedure.
    last_procedure: Option<Span>,
    /// Addresses of pairs: the number of this image, which is relocated, and an offset, which may be a
    /// constant.
    own_thread_pairs: Vec<u64>,
    /// Whether a relocation places thread-locals when the file is loaded.
    is_static: bool,
}

#[derive(Default, Clone)]
struct Slots {
    entry: bool,
    procedure: bool,
}

/// One entry of a table, its fields not yet checked.
struct Relocation {
    table: &'static str,
    index: usize,
    kind: u32,
    symbol: usize,
    addend: u64,
}

impl fmt::Display for Relocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.table, self.index)
    }
}

impl<'c, 'a> Relocations<'c, 'a> {
    pub(super) fn new(
        image: &'c MappedFile<'a>,
        sections: &Sections<'a>,
        symbols: &'c Symbols<'a>,
        functions: &'c Functions,
        machine: &'static Machine,
    ) -> Relocations<'c, 'a> {
        let tables = sections
            .iter()
            .filter(|section| section.has(elf::SHF_ALLOC))
            .filter(|section| {
                matches!(
                    section.kind,
                    elf::SHT_DYNSYM
                        | elf::SHT_STRTAB
                        | elf::SHT_HASH
                        | elf::SHT_GNU_HASH
                        | elf::SHT_GNU_VERSYM
                        | elf::SHT_GNU_VERNEED
                        | elf::SHT_GNU_VERDEF
                        | elf::SHT_RELA
                        | elf::SHT_RELR
                        | elf::SHT_DYNAMIC
                )
            })
            .map(|section| section.memory)
            .chain([image.dynamic.memory])
            .collect();
        // A file has fewer than this many relocations, unless packed ones repeat themselves.
        let most_written = image.file_size() / WORD * 2;
        Relocations {
            image,
            symbols,
            functions,
            machine,
            tables,
            written: Vec::new(),
            most_written,
            slots: vec![Slots::default(); symbols.count()],
            last_procedure: None,
            own_thread_pairs: Vec::new(),
            is_static: false,
        }
    }

    /// Checks every relocation, and notes what relocations put into the arrays of constructors. Returns
    /// whether a relocation places thread-locals when the file is loaded.
    pub(super) fn check(
        mut self,
        dynamic: &Dynamic,
        constructors: &mut Constructors,
        findings: &mut Findings,
    ) -> bool {
        if self.tables.len() > MOST_TABLES {
            let expected = format_args!("at most {MOST_TABLES} tables for the loader");
            findings.damaged("section headers", expected, self.tables.len());
            return false;
        }
        if let Some(span) = dynamic.packed_relocations() {
            self.check_packed(span, constructors, findings);
        }
        let (whole, late) = (dynamic.relocations(), dynamic.procedures());
        if let (Some(whole), Some(late)) = (whole, late)
            && whole.overlaps(late)
            && !(whole.holds(late) && whole.end() == late.end())
        {
            findings.damaged(
                "dynamic table, procedure relocations",
                format_args!("to be apart from the others at {whole}, or their end"),
                late,
            );
            return false;
        }
        let counted = dynamic.value(elf::DT_RELACOUNT).unwrap_or(0);
        if let Some(whole) = whole {
            if counted > whole.size() / SIZE as u64 {
                let expected = format_args!("at most {} relative ones", whole.size() / SIZE as u64);
                findings.damaged("dynamic table, relocations", expected, counted);
            }
            self.check_table("relocation", whole, late, counted, constructors, findings);
        }
        if let Some(late) = late
            && !whole.is_some_and(|whole| whole.holds(late) && !late.is_empty())
        {
            self.check_table(
                "procedure relocation",
                late,
                Some(late),
                0,
                constructors,
                findings,
            );
        }
        self.written.sort_unstable_by_key(|span| span.start());
        self.check_overlaps(findings);
        self.check_thread_pairs(findings);
        self.is_static
    }

    /// Checks the entries in `span`. The loader may bind those in `late` late, and applies the first
    /// `relative` ones without looking at their type.
    fn check_table(
        &mut self,
        table: &'static str,
        span: Span,
        late: Option<Span>,
        relative: u64,
        constructors: &mut Constructors,
        findings: &mut Findings,
    ) {
        let Some(bytes) = self.image.bytes(span) else {
            return;
        };
        for (index, entry) in bytes.chunks_exact(SIZE).enumerate() {
            if findings.is_full() {
                return;
            }
            let (Some(offset), Some(kind), Some(symbol), Some(addend)) = (
                u64_at(entry, 0),
                u32_at(entry, 8),
                u32_at(entry, 12),
                u64_at(entry, 16),
            ) else {
                return;
            };
            let symbol = usize::try_from(symbol).unwrap_or(usize::MAX);
            let relocation = Relocation {
                table,
                index,
                kind,
                symbol,
                addend,
            };
            let address = span.start() + (index * SIZE) as u64;
            let is_late = late.is_some_and(|late| late.holds_address(address));
            let must_be_relative = (index as u64) < relative;
            let meaning = self.meaning(&relocation, is_late, must_be_relative, findings);
            if let Some(meaning) = meaning {
                let filling = self.check_value(&relocation, meaning, findings);
                self.check_use(&relocation, meaning, offset, findings);
                let width = meaning.width();
                self.write(&relocation, offset, width, filling, constructors, findings);
            }
        }
    }

    fn meaning(
        &self,
        relocation: &Relocation,
        is_late: bool,
        must_be_relative: bool,
        findings: &mut Findings,
    ) -> Option<Meaning> {
        let meaning = self.machine.relocation(relocation.kind);
        let expected = match meaning {
            None => format!("a type that the loader can apply on {}", self.machine.name),
            Some(meaning) if must_be_relative && meaning != Meaning::Relative => {
                "a relative one, as the dynamic table counts it".to_owned()
            }
            Some(meaning) if is_late && !meaning.may_bind_late() => {
                "one of a procedure in the table of procedures".to_owned()
            }
            Some(_) => return meaning,
        };
        findings.damaged(
            relocation,
            expected,
            format_args!("type {}", relocation.kind),
        );
        None
    }

    /// Checks what the loader needs to compute the value that it stores, and returns that value.
    fn check_value(
        &self,
        relocation: &Relocation,
        meaning: Meaning,
        findings: &mut Findings,
    ) -> Filling {
        let (location, addend) = (relocation, &relocation.addend);
        let Some(symbol) = self.symbols.get(relocation.symbol) else {
            let expected = format_args!("one of {} symbols", self.symbols.count());
            findings.damaged(location, expected, relocation.symbol);
            return Filling::Elsewhere;
        };
        if meaning.is_thread_local() {
            self.check_thread_local(relocation, symbol, findings);
            return Filling::Number;
        }
        let takes_symbol = !matches!(meaning, Meaning::Relative | Meaning::Resolver);
        if takes_symbol != (symbol.index != 0) {
            let expected = if takes_symbol {
                "a symbol"
            } else {
                "no symbol"
            };
            findings.damaged(location, expected, relocation.symbol);
        }
        match meaning {
            Meaning::Relative if self.image.is_address(*addend) => Filling::Address(*addend),
            Meaning::Relative => {
                findings.damaged(location, "an address inside the image", Hex(*addend));
                Filling::Elsewhere
            }
            Meaning::Resolver => {
                if !self.image.is_code(*addend) || self.functions.interrupts(*addend) {
                    findings.damaged(location, "the address of a resolver", Hex(*addend));
                }
                Filling::Elsewhere
            }
            _ => self.check_symbol_value(relocation, meaning, symbol, findings),
        }
    }

    fn check_symbol_value(
        &self,
        relocation: &Relocation,
        meaning: Meaning,
        symbol: &Symbol<'_>,
        findings: &mut Findings,
    ) -> Filling {
        let (location, addend) = (relocation, &relocation.addend);
        let is_data = symbol.kind == elf::STT_OBJECT;
        if symbol.is_thread_local() || is_data && meaning == Meaning::Procedure {
            findings.damaged(
                location,
                "a symbol that has an address of the right kind",
                symbol,
            );
        }
        if meaning != Meaning::Address && *addend != 0 {
            findings.damaged(location, "no addend", Hex(*addend));
        }
        // The code would call or write to a number in the place of an address.
        if symbol.section == elf::SHN_ABS {
            findings.damaged(location, "a symbol that has an address", symbol);
            return Filling::Elsewhere;
        }
        if !symbol.is_defined() {
            if addend.cast_signed().unsigned_abs() > FURTHEST {
                findings.damaged(
                    location,
                    format_args!("an addend near {symbol}"),
                    Hex(*addend),
                );
            }
            return Filling::Elsewhere;
        }
        let address = symbol.value.wrapping_add(*addend);
        if !self.image.is_address(address) {
            findings.damaged(
                location,
                format_args!("an address inside the image from {symbol}"),
                Hex(address),
            );
        }
        let is_function = symbol.kind == elf::STT_FUNC || meaning == Meaning::Procedure;
        let is_start = self.image.is_code(address) && !self.functions.interrupts(address);
        if is_function && !is_start {
            let expected = format_args!("the start of a function at {symbol}");
            findings.damaged(location, expected, Hex(address));
        }
        Filling::Address(address)
    }

    /// Without a thread-local segment the loader divides by its alignment, which is zero.
    fn check_thread_local(
        &self,
        relocation: &Relocation,
        symbol: &Symbol<'_>,
        findings: &mut Findings,
    ) {
        let (location, addend) = (relocation, &relocation.addend);
        let is_own = symbol.index == 0 || symbol.is_defined();
        if symbol.index != 0 && !symbol.is_thread_local() {
            findings.damaged(location, "a thread-local symbol", symbol);
        }
        let Some(block) = &self.image.thread_local else {
            if is_own {
                findings.damaged(location, "a thread-local segment in the file", "none");
            }
            return;
        };
        let offset = symbol.value.wrapping_add(*addend);
        if is_own && offset > block.memory.size() {
            let expected = format_args!("an offset up to {}", block.memory.size());
            findings.damaged(location, expected, Hex(offset));
        }
    }

    /// A linker makes one slot per symbol and kind, and puts the slots of procedures in a row. A damaged
    /// index or offset breaks that, even if it is valid by itself.
    fn check_use(
        &mut self,
        relocation: &Relocation,
        meaning: Meaning,
        offset: u64,
        findings: &mut Findings,
    ) {
        let location = relocation;
        self.is_static |= meaning == Meaning::ThreadStatic;
        if meaning == Meaning::ThreadModule && relocation.symbol == 0 {
            self.own_thread_pairs.push(offset);
        }
        if meaning == Meaning::Procedure {
            let slot = Span::new(offset, WORD);
            if let Some(last) = self.last_procedure
                && last.end() != offset
            {
                let expected = format_args!("the slot {:#x} after the last one's", last.end());
                findings.damaged(location, expected, Hex(offset));
            }
            self.last_procedure = slot;
        }
        let Some(slots) = self.slots.get_mut(relocation.symbol) else {
            return;
        };
        let again = match meaning {
            Meaning::Entry => std::mem::replace(&mut slots.entry, true),
            Meaning::Procedure => std::mem::replace(&mut slots.procedure, true),
            _ => false,
        };
        if again {
            let expected = "a symbol that has no such slot yet";
            findings.damaged(
                location,
                expected,
                format_args!("symbol {} again", relocation.symbol),
            );
        }
    }

    /// Checks packed relative relocations: an even word is an address, an odd word a bitmap of the 63
    /// words after the last. The addends are the words of the file at these addresses.
    fn check_packed(
        &mut self,
        span: Span,
        constructors: &mut Constructors,
        findings: &mut Findings,
    ) {
        const LOCATION: &str = "packed relocations";
        let Some(bytes) = self.image.bytes(span) else {
            return;
        };
        let mut next: Option<u64> = None;
        for entry in bytes.chunks_exact(8).filter_map(|word| u64_at(word, 0)) {
            if findings.is_full() {
                return;
            }
            if entry & 1 == 0 {
                self.write_packed(entry, constructors, findings);
                next = entry.checked_add(WORD);
                continue;
            }
            let Some(start) = next else {
                findings.damaged(LOCATION, "an address before the first bitmap", Hex(entry));
                return;
            };
            for bit in (0..63).filter(|bit| entry >> (bit + 1) & 1 != 0) {
                self.write_packed(start.saturating_add(bit * WORD), constructors, findings);
            }
            next = start.checked_add(63 * WORD);
        }
    }

    fn write_packed(
        &mut self,
        address: u64,
        constructors: &mut Constructors,
        findings: &mut Findings,
    ) {
        if findings.is_full() {
            return;
        }
        let location = format_args!("packed relocation at {address:#x}");
        let word = Span::new(address, WORD).and_then(|span| self.image.bytes(span));
        let addend = word.and_then(|word| u64_at(word, 0));
        let Some(addend) = addend.filter(|addend| self.image.is_address(*addend)) else {
            findings.damaged(
                location,
                "an address inside the image",
                Hex(addend.unwrap_or(0)),
            );
            return;
        };
        let filling = Filling::Address(addend);
        self.write(&location, address, WORD, filling, constructors, findings);
    }

    fn write(
        &mut self,
        location: &dyn fmt::Display,
        offset: u64,
        width: u64,
        filling: Filling,
        constructors: &mut Constructors,
        findings: &mut Findings,
    ) {
        let Some(target) = Span::new(offset, width).filter(|span| self.image.is_writable(*span))
        else {
            let expected = format_args!("{width} writable bytes of the image");
            findings.damaged(location, expected, Hex(offset));
            return;
        };
        if let Some(table) = self.tables.iter().find(|table| table.overlaps(target)) {
            let expected = "to leave alone what the loader reads";
            findings.damaged(
                location,
                expected,
                format_args!("{target} in a table at {table}"),
            );
        }
        if !constructors.fill(target, filling) {
            let expected = "to fill one slot of the constructors or none";
            findings.damaged(location, expected, target);
        }
        if self.written.len() as u64 > self.most_written {
            if !findings.is_full() {
                let expected = "fewer relocations than the file has words";
                findings.add(DamageKind::Damaged, location, expected, "more");
            }
            return;
        }
        self.written.push(target);
    }

    fn check_overlaps(&self, findings: &mut Findings) {
        for pair in self.written.windows(2) {
            if findings.is_full() {
                return;
            }
            if let [left, right] = pair
                && left.overlaps(*right)
            {
                findings.damaged(
                    "relocations",
                    format_args!("one for {left}"),
                    format_args!("another for {right}"),
                );
            }
        }
    }

    /// Checks offsets that stand beside the number of this very image: where no relocation writes such an
    /// offset, the code uses the file's constant as the place of a thread-local variable.
    fn check_thread_pairs(&self, findings: &mut Findings) {
        let block = self
            .image
            .thread_local
            .as_ref()
            .map_or(0, |block| block.memory.size());
        for number in &self.own_thread_pairs {
            let Some(beside) = number.checked_add(WORD) else {
                continue;
            };
            if self
                .written
                .binary_search_by_key(&beside, |span| span.start())
                .is_ok()
            {
                continue;
            }
            let bytes = Span::new(beside, WORD).and_then(|span| self.image.bytes(span));
            let offset = bytes.and_then(|bytes| u64_at(bytes, 0)).unwrap_or(u64::MAX);
            if offset > block {
                findings.damaged(
                    format_args!("thread-local offset at {beside:#x}"),
                    format_args!("at most {block}"),
                    Hex(offset),
                );
            }
        }
    }
}
