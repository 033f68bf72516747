//! The object-file stage of `inspect`: can this file be given to `dlopen` at all?
//!
//! To be imported: [`ObjectFile`], a file whose tables were checked; [`Damage`], one reason to refuse
//! a file; [`Parts`], what becomes of its segments in memory; [`NeededLibraries`], what the loader does for
//! it besides; [`Statics`], the statics that its code can write.
//!
//! It never imports another room, and never maps or runs a file: it is a function of the bytes.
//!
//! The loader trusts its input. A file cut short raises SIGBUS inside `dlopen`, a wrong address
//! SIGSEGV, a wrong type an assertion that ends the process; no handler of ours sees any of them.
//! [`ObjectFile::check`] reads nothing but bytes and follows every table that glibc follows
//! (2.36: `dl-load.c`, `dl-map-segments.h`, `get-dynamic-info.h`, `dl-version.c`, `dl-lookup.c`,
//! `do-rel.h`, `dl-init.c`, `dl-tls.c`), with bounds.
//!
//! It cannot show that the code is sound: only a digest detects damage to instructions and data, or one
//! valid value in the place of another.

mod agreement;
mod constructors;
mod damage;
mod dynamic;
mod hash;
mod header;
mod machine;
mod needs;
mod notes;
mod parts;
mod relocations;
mod runtimes;
mod sections;
mod segments;
mod span;
mod statics;
mod symbols;
mod unwind;
mod versions;
mod words;

use std::collections::{BTreeSet, HashSet};

use object::elf;

pub(crate) use self::damage::{Damage, DamageKind};
pub use self::needs::NeededLibraries;
pub(crate) use self::needs::is_of_the_system;
pub use self::parts::{Pages, Parts};
pub(crate) use self::statics::UNMANGLED;
pub use self::statics::{Static, Statics};

use self::constructors::Constructors;
use self::damage::{Findings, RawName};
use self::dynamic::Dynamic;
use self::machine::Machine;
use self::relocations::Relocations;
use self::sections::Sections;
use self::segments::MappedFile;
use self::symbols::{Strings, Symbol, Symbols};
use self::unwind::Functions;
use self::versions::Versions;

/// A file that the loader can map, relocate and look symbols up in without being led astray.
#[derive(Debug)]
pub(crate) struct ObjectFile<'a> {
    image: MappedFile<'a>,
    sections: Sections<'a>,
    exports: HashSet<&'a [u8]>,
    needs: NeededLibraries,
}

impl<'a> ObjectFile<'a> {
    /// Checks all tables that the loader will use.
    ///
    /// # Errors
    ///
    /// At least one and at most sixteen findings, independent of each other where possible.
    pub(crate) fn check(bytes: &'a [u8]) -> Result<ObjectFile<'a>, Vec<Damage>> {
        let mut findings = Findings::default();
        let object = read(bytes, &mut findings);
        match object {
            Some(object) if findings.is_empty() => Ok(object),
            _ => {
                if findings.is_empty() {
                    findings.damaged("file", "tables that can be read", "one that cannot");
                }
                Err(findings.into_list())
            }
        }
    }

    /// The bytes of the section called `name`, exactly as they will be mapped.
    pub(crate) fn section(&self, name: &str) -> Result<Option<&'a [u8]>, Damage> {
        match self.sections.named(name)? {
            Some(section) => sections::contents(section, &self.image).map(Some),
            None => Ok(None),
        }
    }

    /// Where the section called `name` lies once it is loaded, relative to the image. An error if it lies
    /// in memory that can be written to.
    pub(crate) fn address(&self, name: &str) -> Result<Option<u64>, Damage> {
        let Some(section) = self.sections.named(name)? else {
            return Ok(None);
        };
        if self.image.is_writable(section.memory) {
            return Err(Damage::new(
                DamageKind::NotAllowed,
                section,
                "to lie in a segment that is read-only",
                "one that is writable",
            ));
        }
        Ok(Some(section.memory.start()))
    }

    /// Which parts of the image are written, and which stay as they are in the file.
    pub(crate) fn parts(&self) -> Parts {
        Parts::of(&self.image)
    }

    /// What the loader does for the file besides loading it.
    pub(crate) fn needs(&self) -> &NeededLibraries {
        &self.needs
    }

    /// The statics that the file's code can write. A file without symbols of the section called `manifest`
    /// was stripped; `own` is the module's own crate.
    pub(crate) fn statics(&self, manifest: &str, own: Option<&str>) -> Statics {
        Statics::read(&self.image, &self.sections, manifest, own)
    }

    /// The runtimes and thread pools that the file links, as far as its symbols show them.
    pub(crate) fn runtimes(&self) -> BTreeSet<&'static str> {
        runtimes::read(&self.image, &self.sections)
    }

    /// Whether a lookup of `symbol` in this file alone finds a function in an executable segment: the host
    /// calls every symbol that a manifest names.
    pub(crate) fn defines(&self, symbol: &str) -> bool {
        self.exports.contains(symbol.as_bytes())
    }
}

/// `None` where a later table cannot be looked at; the findings say why.
fn read<'a>(bytes: &'a [u8], findings: &mut Findings) -> Option<ObjectFile<'a>> {
    let Some(machine) = Machine::host() else {
        findings.add(
            DamageKind::OtherArchitecture,
            "host",
            "x86-64 or AArch64, the processors whose object files can be checked",
            std::env::consts::ARCH,
        );
        return None;
    };
    let header = header::read(bytes, machine, findings)?;
    let image = segments::read(bytes, &header, machine, findings)?;
    let sections = sections::read(bytes, &header, &image, findings)?;
    let dynamic = dynamic::read(&image, machine, findings)?;
    // The tables below are read through segments and sizes that have to be right.
    if !findings.is_empty() {
        return None;
    }
    let functions = unwind::read(&image, findings);
    agreement::check(&sections, &dynamic, &image, &functions, machine, findings);
    notes::check(&image, findings);
    let strings = Strings::read(&image, &dynamic, findings)?;
    let mut needs = NeededLibraries::read(&dynamic, strings, findings);
    check_own_name(&dynamic, &needs, strings, findings);
    let symbols = symbols::read(&image, &dynamic, &sections, strings, machine, findings)?;
    check_thread_locals_elsewhere(&symbols, &needs, findings);
    let versions = versions::read(&image, &dynamic, &sections, strings, &symbols, findings);
    check_hashes(&image, &dynamic, &symbols, findings);
    let is_static = check_code(
        &image, &dynamic, &sections, &symbols, &functions, machine, findings,
    );
    if is_static {
        needs.take_static_tls();
    }
    let exports = symbols.iter().filter(|symbol| is_export(symbol, &versions));
    let exports = exports.map(|symbol| symbol.name).collect();
    Some(ObjectFile {
        image,
        sections,
        exports,
        needs,
    })
}

fn check_own_name(
    dynamic: &Dynamic,
    needs: &NeededLibraries,
    strings: Strings<'_>,
    findings: &mut Findings,
) {
    const LOCATION: &str = "own name";
    let Some(offset) = dynamic.value(elf::DT_SONAME) else {
        return;
    };
    let Some(name) = strings.get(offset) else {
        let found = format_args!("offset {offset}");
        return findings.damaged(LOCATION, "a name in the string table", found);
    };
    // The loader would take the file itself for the library it asks for.
    if needs.libraries().iter().any(|it| it.as_bytes() == name) {
        let expected = "another name than that of a needed library";
        findings.damaged(LOCATION, expected, RawName(name));
    }
}

/// Refuses undefined thread-local symbols where only the system's libraries are needed: those define
/// none for others, and the loader would take any other symbol of the same name instead.
fn check_thread_locals_elsewhere(
    symbols: &Symbols<'_>,
    needs: &NeededLibraries,
    findings: &mut Findings,
) {
    if !needs.libraries().iter().all(|it| is_of_the_system(it)) {
        return;
    }
    let mut elsewhere = symbols
        .iter()
        .filter(|symbol| symbol.is_thread_local() && !symbol.is_defined());
    if let Some(symbol) = elsewhere.next() {
        let expected = "to be defined here: no needed library has thread-locals for others";
        findings.damaged(symbol, expected, "a thread-local symbol that is not");
    }
}

fn check_hashes(
    image: &MappedFile<'_>,
    dynamic: &Dynamic,
    symbols: &Symbols<'_>,
    findings: &mut Findings,
) {
    type Check = fn(&[u8], &Symbols<'_>, &mut Findings);
    let tables: [(&str, _, u64, Check); 2] = [
        ("hash table (GNU)", elf::DT_GNU_HASH, 8, hash::check_gnu),
        ("hash table", elf::DT_HASH, 4, hash::check_old),
    ];
    for (what, tag, align, check) in tables {
        let Some(address) = dynamic.value(tag) else {
            continue;
        };
        match image
            .bytes_from(address)
            .filter(|_| address.is_multiple_of(align))
        {
            Some(bytes) => check(bytes, symbols, findings),
            None => findings.damaged(
                what,
                format_args!("an address of mapped bytes, a multiple of {align}"),
                format_args!("{address:#x}"),
            ),
        }
    }
}

/// Checks relocations, constructors and function symbols. Returns whether some of the file's thread-locals
/// are placed when it is loaded.
fn check_code<'a>(
    image: &MappedFile<'a>,
    dynamic: &Dynamic,
    sections: &Sections<'a>,
    symbols: &Symbols<'a>,
    functions: &Functions,
    machine: &'static Machine,
    findings: &mut Findings,
) -> bool {
    let mut constructors = Constructors::new(dynamic, image);
    let relocations = Relocations::new(image, sections, symbols, functions, machine);
    let is_static = relocations.check(dynamic, &mut constructors, findings);
    constructors.check(image, functions, findings);
    constructors::check_single(dynamic, image, functions, findings);
    for symbol in symbols.iter().filter(|symbol| symbol.kind == elf::STT_FUNC) {
        if symbol.is_defined() && functions.interrupts(symbol.value) {
            findings.damaged(
                symbol,
                "the start of a function",
                format_args!("{:#x}", symbol.value),
            );
        } else if symbol.is_defined() && functions.are_cut_by(symbol.value, symbol.size) {
            findings.damaged(
                symbol,
                "the whole function at its address",
                format_args!("{} bytes at {:#x}", symbol.size, symbol.value),
            );
        }
    }
    is_static
}

fn is_export(symbol: &Symbol<'_>, versions: &Versions<'_>) -> bool {
    symbol.is_defined()
        && symbol.section != elf::SHN_ABS
        // The loader takes a symbol at address zero for undefined.
        && symbol.value != 0
        && matches!(symbol.binding, elf::STB_GLOBAL | elf::STB_WEAK)
        && symbol.kind == elf::STT_FUNC
        && symbol.visibility() == elf::STV_DEFAULT
        && !versions.hides(symbol.index)
}
