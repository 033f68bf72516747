//! What a file says of the functions and lines of its code.
//!
//! Everything in it may be damaged or made up: then it says less, or nothing.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::Read;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;

use addr2line::Context;
use gimli::{Dwarf, EndianArcSlice, Error, RunTimeEndian};
use hotmod::call::Panic;
use object::read::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use object::{FileKind, ObjectKind};

use crate::symbols::function_at::FunctionAt;

/// How large a file may be: its symbols are read as a whole.
const LARGEST: u64 = 1 << 30;
/// How deep descriptions may be nested in each other: they are followed by functions that call themselves.
const DEEPEST: isize = 1024;

type Section = EndianArcSlice<RunTimeEndian>;

/// The symbols of a file.
pub(super) struct SymbolFile {
    /// Functions and lines, with those that were inlined.
    lines: Option<Context<Section>>,
    /// Functions by their address: where each begins, how long it is, its name. In the order of addresses.
    functions: Vec<NamedFunction>,
    /// Whether its addresses are those in memory, wherever it lies.
    is_fixed: bool,
}

struct NamedFunction {
    start: u64,
    size: u64,
    name: Box<str>,
}

impl SymbolFile {
    /// Reads a file. `None` if it cannot be read, or is none that has symbols.
    pub(super) fn read(file: &Path) -> Option<Self> {
        let bytes = bytes(file)?;
        caught(|| {
            let file = object::File::parse(&*bytes).ok()?;
            Some(SymbolFile {
                lines: lines(&bytes, &file),
                functions: functions(&file),
                is_fixed: file.kind() == ObjectKind::Executable,
            })
        })
    }

    /// Whether it says more than the names of functions.
    pub(super) fn has_lines(&self) -> bool {
        self.lines.is_some()
    }

    /// The functions at an address of an image that lies here, from the innermost on.
    pub(super) fn find(&self, address: usize, base: usize) -> Vec<FunctionAt> {
        let address = match self.is_fixed {
            true => address as u64,
            false => address.wrapping_sub(base) as u64,
        };
        let lines = self.lines.as_ref();
        let found = lines.and_then(|lines| caught(|| by_line(lines, address).ok()));
        let mut found = found.unwrap_or_default();
        // The table of symbols knows functions that lines do not, the C library's say, and whole names where lines
        // have bare ones. It knows nothing of functions that were inlined.
        if let Some(symbol) = self.function(address) {
            match found.last_mut() {
                Some(FunctionAt {
                    name: Some(name), ..
                }) if is_mangled(name) => {}
                Some(function) => function.name = Some(symbol.to_owned()),
                None => found.push(FunctionAt {
                    name: Some(symbol.to_owned()),
                    place: None,
                }),
            }
        }
        for function in &mut found {
            function.name = function.name.take().map(|name| demangled(&name));
        }
        found
    }

    fn function(&self, address: u64) -> Option<&str> {
        let after = self.functions.partition_point(|it| it.start <= address);
        let function = self.functions.get(after.checked_sub(1)?)?;
        let offset = address - function.start;
        (offset < function.size).then_some(&*function.name)
    }
}

/// The build id of a file: what its linker made from its contents.
pub(super) fn build_id(file: &Path) -> Option<Vec<u8>> {
    // Only what leads there is read.
    let file = object::ReadCache::new(regular(file)?);
    caught(|| {
        let file = object::File::parse(&file).ok()?;
        let id = file.build_id().ok()??;
        (!id.is_empty()).then(|| id.to_vec())
    })
}

fn regular(file: &Path) -> Option<File> {
    // To open a pipe would wait for its other end.
    let is_file = fs::metadata(file).ok()?.is_file();
    let file = is_file.then(|| File::open(file).ok())??;
    (file.metadata().ok()?.len() <= LARGEST).then_some(file)
}

fn bytes(file: &Path) -> Option<Arc<[u8]>> {
    let mut bytes = Vec::new();
    regular(file)?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    FileKind::parse(&*bytes).ok()?;
    Some(bytes.into())
}

/// What a reader of hostile bytes finds; nothing if it panics.
fn caught<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    // What is half read is given up.
    let read = panic::catch_unwind(AssertUnwindSafe(read));
    read.map_err(Panic::new).ok().flatten()
}

fn lines(bytes: &Arc<[u8]>, file: &object::File<'_>) -> Option<Context<Section>> {
    let endian = match file.is_little_endian() {
        true => RunTimeEndian::Little,
        false => RunTimeEndian::Big,
    };
    let whole = Section::new(bytes.clone(), endian);
    let section = |name: &str| {
        let section = file.section_by_name(name)?;
        // What is compressed is not read.
        let range = section.compressed_file_range().ok()?;
        let is_plain = range.format == object::CompressionFormat::None;
        let start = usize::try_from(range.offset).ok()?;
        let end = start.checked_add(usize::try_from(range.uncompressed_size).ok()?)?;
        (is_plain && end <= bytes.len()).then(|| whole.range(start..end))
    };
    let dwarf =
        Dwarf::load(|id| Ok::<_, Error>(section(id.name()).unwrap_or_else(|| whole.range(0..0))));
    let dwarf = dwarf.ok()?;
    let has_units = dwarf.units().next().is_ok_and(|it| it.is_some());
    (has_units && is_shallow(&dwarf)?).then(|| Context::from_dwarf(dwarf).ok())?
}

/// Whether no description is nested deeper than can be followed. `None` if they cannot be read.
fn is_shallow(dwarf: &Dwarf<Section>) -> Option<bool> {
    let mut units = dwarf.units();
    while let Some(header) = units.next().ok()? {
        let abbreviations = dwarf.abbreviations(&header).ok()?;
        let mut entries = header.entries_raw(&abbreviations, None).ok()?;
        while !entries.is_empty() {
            if entries.next_depth() > DEEPEST {
                return Some(false);
            }
            if let Some(abbreviation) = entries.read_abbreviation().ok()? {
                entries.skip_attributes(abbreviation.attributes()).ok()?;
            }
        }
    }
    Some(true)
}

fn by_line(lines: &Context<Section>, address: u64) -> Result<Vec<FunctionAt>, Error> {
    let mut frames = lines.find_frames(address).skip_all_loads()?;
    let mut found = Vec::new();
    while let Some(frame) = frames.next()? {
        let name = frame.function.as_ref().map(|it| it.raw_name());
        let location = frame.location;
        let place = location.and_then(|it| {
            let (line, column) = (it.line.unwrap_or(0), it.column.unwrap_or(0));
            Some((it.file?.to_owned(), line, column))
        });
        let name = name.transpose()?.map(Cow::into_owned);
        found.push(FunctionAt { name, place });
    }
    Ok(found)
}

fn functions(file: &object::File<'_>) -> Vec<NamedFunction> {
    let symbols = file.symbols().chain(file.dynamic_symbols());
    let functions = symbols.filter(|it| it.kind() == SymbolKind::Text && it.size() > 0);
    let mut functions: Vec<NamedFunction> = functions
        .filter_map(|it| {
            Some(NamedFunction {
                start: it.address(),
                size: it.size(),
                name: it.name().ok()?.into(),
            })
        })
        .collect();
    functions.sort_by_key(|it| it.start);
    functions
}

fn is_mangled(name: &str) -> bool {
    rustc_demangle::try_demangle(name).is_ok()
}

/// Without the hash at the end of Rust's names.
fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A unit whose descriptions are nested so deep.
    fn nested(depth: usize) -> Dwarf<Section> {
        // One form of description has others within it, and nothing else: that of a unit, and of an inlined function.
        let forms = [1, 0x11, 1, 0, 0, 2, 0x1d, 1, 0, 0, 0].to_vec();
        let mut unit = vec![4, 0, 0, 0, 0, 0, 8, 1];
        unit.resize(unit.len() + depth, 2);
        let mut info = u32::try_from(unit.len())
            .expect("small")
            .to_le_bytes()
            .to_vec();
        info.append(&mut unit);
        let section = |id: gimli::SectionId| {
            let bytes = match id {
                gimli::SectionId::DebugAbbrev => forms.clone(),
                gimli::SectionId::DebugInfo => info.clone(),
                _ => Vec::new(),
            };
            Ok::<_, Error>(Section::new(bytes.into(), RunTimeEndian::Little))
        };
        Dwarf::load(section).expect("sections")
    }

    #[test]
    fn descriptions_that_are_nested_too_deep_to_follow_are_not_followed() {
        assert_eq!(is_shallow(&nested(100)), Some(true));
        assert_eq!(is_shallow(&nested(1_000_000)), Some(false));
    }

    #[test]
    fn what_is_no_file_has_no_symbols() {
        for none in ["/", "/dev/null", "/no/such/file", file!()] {
            assert!(SymbolFile::read(Path::new(none)).is_none(), "{none}");
            assert_eq!(build_id(Path::new(none)), None, "{none}");
        }
    }
}
