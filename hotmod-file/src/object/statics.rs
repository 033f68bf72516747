//! The statics that a file's code can write, thread-locals among them: each version has its own.
//!
//! They stand in the table of symbols that linkers write for debuggers, `.symtab`. The loader does not
//! use it, so damage in it is no reason to refuse the file: a symbol that cannot be read is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use object::elf;

use super::sections::{Section, Sections};
use super::segments::MappedFile;
use super::span::Span;
use super::words::{string_at, u16_at, u32_at, u64_at};

pub(super) const SYMBOL_SIZE: usize = 24;

/// The most statics that are listed of one file; further symbols are not looked at.
const MOST: usize = 4096;

/// The longest symbol that is read, in bytes: a longer one is left out.
pub(super) const LONGEST_SYMBOL: usize = 16 << 10;

/// The longest path that is listed, in bytes; a longer one is cut. This also bounds the work: a symbol of a
/// few bytes can stand for a path of any length.
const LONGEST_PATH: usize = 1 << 10;

/// In place of a crate's name, for statics of C code and statics whose symbols are not mangled.
pub(crate) const UNMANGLED: &str = "extern \"C\"";

/// Crates whose statics are left out: every module has them, or has them because of hotmod, and they are the standard
/// library's or hotmod's own business.
const OF_THE_RUNTIME: &[&str] = &[
    "__rustc",
    "abi_stable",
    "addr2line",
    "alloc",
    "arc_swap",
    "compiler_builtins",
    "core",
    "gimli",
    "hotmod",
    "memchr",
    "miniz_oxide",
    "panic_abort",
    "panic_unwind",
    "proc_macro",
    "std",
    "std_detect",
    "test",
    "unwind",
];

/// Names that the linker and the compiler's runtime give.
const GENERATED: &[&str] = &["__dso_handle", "__TMC_END__", "__TMC_LIST__", "completed"];
/// What further such names begin with.
const GENERATED_PREFIXES: &[&str] = &["DW.ref.", "_rust_extern_with_linkage_", "__rust_", "anon."];

/// A static that a file's code can write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Static {
    krate: String,
    path: String,
    name: String,
    is_thread_local: bool,
}

impl Static {
    fn new((krate, path): (String, String), own: Option<&str>, is_thread_local: bool) -> Self {
        Static {
            name: own.map_or_else(|| path.clone(), |own| relative(&path, own)),
            krate,
            path,
            is_thread_local,
        }
    }

    /// The crate of the static, or `extern "C"` for statics of C code and `#[no_mangle]` statics.
    pub fn krate(&self) -> &str {
        &self.krate
    }

    /// Where the static is in the source: `game::cache::ENTRIES`, or `game::hello::CALLS` where it stands in
    /// a function. The text comes from the file as it is: display it as [`hotmod::printed::Line`].
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path with `crate` in the place of the module's own crate, which may have another name in
    /// another version.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether each thread has a copy of its own.
    pub fn is_thread_local(&self) -> bool {
        self.is_thread_local
    }
}

/// The statics that a file's code can write, as far as they can be seen. Statics of the standard library and
/// of hotmod are left out, and so are those that are constant once the file is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statics {
    seen: Option<Vec<Static>>,
}

impl Statics {
    /// The statics, in order of crates and paths; `None` if the file was stripped of its symbols, so that
    /// they cannot be seen.
    pub fn seen(&self) -> Option<&[Static]> {
        self.seen.as_deref()
    }

    /// The names of all statics that are seen.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let seen = self.seen().into_iter().flatten();
        seen.map(|it| it.name())
    }

    /// The statics of each crate that has some.
    pub fn by_crate(&self) -> BTreeMap<&str, Vec<&Static>> {
        let mut crates: BTreeMap<&str, Vec<&Static>> = BTreeMap::new();
        for it in self.seen().into_iter().flatten() {
            crates.entry(&it.krate).or_default().push(it);
        }
        crates
    }

    /// Reads the statics. Every module has statics in the section called `manifest`, which hotmod's macros
    /// make: if not even those are seen, the file was stripped. `own` is the module's own crate.
    pub(super) fn read(
        image: &MappedFile<'_>,
        sections: &Sections<'_>,
        manifest: &str,
        own: Option<&str>,
    ) -> Self {
        let Some((symbols, names)) = symbol_table(image, sections) else {
            return Statics::default();
        };
        let mut has_local = false;
        let mut found = BTreeSet::new();
        for fields in symbols.chunks_exact(SYMBOL_SIZE) {
            let Some(symbol) = StaticSymbol::read(fields, sections) else {
                continue;
            };
            has_local |= symbol.section.name == manifest.as_bytes();
            if found.len() >= MOST || !symbol.is_writable(image) {
                continue;
            }
            let name = string_at(names, symbol.name, LONGEST_SYMBOL);
            if let Some(path) = name.and_then(|name| named(name, own)) {
                found.insert(Static::new(path, own, symbol.is_thread_local()));
            }
        }
        Statics {
            seen: has_local.then(|| found.into_iter().collect()),
        }
    }
}

/// The table of symbols for debuggers, and their names.
pub(super) fn symbol_table<'a>(
    image: &MappedFile<'a>,
    sections: &Sections<'_>,
) -> Option<(&'a [u8], &'a [u8])> {
    let table = sections.iter().find(|it| it.kind == elf::SHT_SYMTAB)?;
    let names = sections.get(table.link)?;
    Some((image.file_bytes(table.file)?, image.file_bytes(names.file)?))
}

/// A symbol of a static that is defined in the file.
struct StaticSymbol<'a, 'b> {
    name: u64,
    section: &'a Section<'b>,
    value: u64,
    size: u64,
}

impl<'a, 'b> StaticSymbol<'a, 'b> {
    fn read(fields: &[u8], sections: &'a Sections<'b>) -> Option<Self> {
        let kind = elf::SymbolInfo(*fields.get(4)?).st_type();
        let size = u64_at(fields, 16)?;
        if !matches!(kind, elf::STT_OBJECT | elf::STT_TLS) || size == 0 {
            return None;
        }
        Some(StaticSymbol {
            name: u64::from(u32_at(fields, 0)?),
            section: sections.get(u32::from(u16_at(fields, 6)?))?,
            value: u64_at(fields, 8)?,
            size,
        })
    }

    fn is_thread_local(&self) -> bool {
        self.section.has(elf::SHF_TLS)
    }

    fn is_writable(&self, image: &MappedFile<'_>) -> bool {
        if !self.section.has(elf::SHF_ALLOC) || !self.section.has(elf::SHF_WRITE) {
            return false;
        }
        // The address counts within the block of a thread, so no segment can be asked.
        if self.is_thread_local() {
            return true;
        }
        let Some(span) = Span::new(self.value, self.size) else {
            return false;
        };
        let relro = image.relro.as_ref();
        let is_sealed = relro.is_some_and(|relro| relro.memory.holds(span))
            // Constant too, although the linker was not told to make it read-only.
            || self.section.name.starts_with(b".data.rel.ro");
        self.section.memory.holds(span) && image.is_writable(span) && !is_sealed
    }
}

/// The crate of a symbol and its path in the source; `None` for a symbol of the runtime or a generated
/// one.
fn named(symbol: &[u8], own: Option<&str>) -> Option<(String, String)> {
    let symbol = String::from_utf8_lossy(symbol);
    let Ok(demangled) = rustc_demangle::try_demangle(&symbol) else {
        let name = without_suffix(&symbol);
        let mut prefixes = GENERATED_PREFIXES.iter();
        let is_generated = GENERATED.contains(&name) || prefixes.any(|it| symbol.starts_with(it));
        let is_name = !name.starts_with('.') && name.chars().any(char::is_alphanumeric);
        let told = !is_generated && is_name;
        return told.then(|| (UNMANGLED.to_owned(), cut(format_args!("{name}"))));
    };
    // Without the hashes of crates, which change with every build.
    let whole = cut(format_args!("{demangled:#}"));
    let path = source_path(without_suffix(&whole));
    let krate = root(symbol.as_bytes()).or_else(|| mentioned(path, own))?;
    let last = path.rsplit("::").next().unwrap_or(path);
    if OF_THE_RUNTIME.contains(&krate) || last.starts_with("__HOTMOD_") {
        return None;
    }
    // Each use of a macro of `tracing` makes one, which the user's source does not show.
    let krate = if last == "__CALLSITE" {
        "tracing_core"
    } else {
        krate
    };
    Some((krate.to_owned(), path.to_owned()))
}

/// The path with `crate` wherever it names the crate `own`.
fn relative(path: &str, own: &str) -> String {
    let mut relative = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find(own) {
        let (before, found) = rest.split_at(at);
        let after = &found[own.len()..];
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let begins = !before.chars().next_back().is_some_and(is_word)
            && (at > 0 || !relative.chars().next_back().is_some_and(is_word));
        relative.push_str(before);
        relative.push_str(match begins && after.starts_with("::") {
            true => "crate",
            false => own,
        });
        rest = after;
    }
    relative + rest
}

/// The text, cut at [`LONGEST_PATH`].
fn cut(text: fmt::Arguments<'_>) -> String {
    struct Cut(String);

    impl Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = LONGEST_PATH.saturating_sub(self.0.len());
            if text.len() <= room {
                self.0.push_str(text);
                return Ok(());
            }
            let end = (0..=room).rev().find(|&end| text.is_char_boundary(end));
            self.0.push_str(&text[..end.unwrap_or(0)]);
            Err(fmt::Error)
        }
    }

    let mut cut = Cut(String::new());
    match cut.write_fmt(text) {
        Ok(()) => cut.0,
        Err(_) => cut.0 + "…",
    }
}

/// The name without the suffix that the compiler adds: `.0` for a part of a static that it has divided,
/// `.llvm.123` for a static that several codegen units use.
fn without_suffix(name: &str) -> &str {
    let start = name.rfind("::").map_or(0, |at| at + 2);
    match name[start..].find('.') {
        Some(at) if at > 0 => &name[..start + at],
        _ => name,
    }
}

/// The path that the source shows, where a macro of a library has made a longer one of it.
fn source_path(path: &str) -> &str {
    // `thread_local!`
    if let Some(path) = path.strip_suffix("::__RUST_STD_INTERNAL_VAL") {
        let mut path = path;
        while let Some((outer, last)) = path.rsplit_once("::")
            && last.starts_with('{')
        {
            path = outer;
        }
        return path;
    }
    // `lazy_static!`
    let lazy = path.strip_suffix("::__stability::LAZY");
    lazy.and_then(|path| path.strip_suffix(" as core::ops::deref::Deref>::deref"))
        .and_then(|path| path.strip_prefix('<'))
        .unwrap_or(path)
}

/// The crate in which the path of a symbol begins, where the symbol says so
/// (<https://doc.rust-lang.org/rustc/symbol-mangling/v0.html>); for an impl, the crate that the impl
/// stands in.
pub(super) fn root(symbol: &[u8]) -> Option<&str> {
    let mut rest = symbol.strip_prefix(b"_R")?;
    loop {
        let (tag, after) = rest.split_first()?;
        rest = match tag {
            b'N' => after.get(1..)?,
            b'I' => after,
            b'M' | b'X' => without_disambiguator(after)?,
            b'C' => return identifier(without_disambiguator(after)?),
            _ => return None,
        };
    }
}

fn without_disambiguator(bytes: &[u8]) -> Option<&[u8]> {
    match bytes.strip_prefix(b"s") {
        Some(rest) => rest.get(rest.iter().position(|&byte| byte == b'_')? + 1..),
        None => Some(bytes),
    }
}

fn identifier(bytes: &[u8]) -> Option<&str> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    let (length, rest) = bytes.split_at_checked(digits.count())?;
    let length: usize = str::from_utf8(length).ok()?.parse().ok()?;
    let rest = rest.strip_prefix(b"_").unwrap_or(rest);
    str::from_utf8(rest.get(..length)?).ok()
}

/// The crate of a path, where the symbol does not say it. Of the crates that an impl mentions, this is the
/// module's own, or else the first that is not the standard library's, where the impl could not stand.
fn mentioned<'a>(path: &'a str, own: Option<&str>) -> Option<&'a str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    // The first segment of each path that is written out. What follows the `>` of an impl begins with
    // `::`, so it has no first segment.
    let mut heads = path
        .split([' ', '<', '>', '(', ')', '[', ']', '&', ',', '*'])
        .filter_map(|word| word.split_once("::"))
        .map(|(head, _)| head)
        .filter(|head| !head.is_empty() && head.chars().all(is_word));
    let first = heads.clone().next()?;
    if let Some(own) = heads.clone().find(|head| Some(*head) == own) {
        return Some(own);
    }
    let other = heads.find(|head| !OF_THE_RUNTIME.contains(head));
    Some(match path.starts_with('<') {
        true => other.unwrap_or(first),
        false => first,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(symbol: &str) -> Option<(String, String)> {
        named(symbol.as_bytes(), Some("game"))
    }

    fn is(symbol: &str, krate: &str, path: &str) {
        let (found, told) = told(symbol).unwrap_or_else(|| panic!("{symbol} is not told"));
        assert_eq!((&*found, &*told), (krate, path), "{symbol}");
    }

    #[test]
    fn names_are_those_of_the_source() {
        for (symbol, path) in [
            ("_RNvCs4Q2Qx8jI5j6_1a5COUNT", "a::COUNT"),
            ("_RNvCs4Q2Qx8jI5j6_1a3RAW.0", "a::RAW"),
            (
                "_RNvCs4Q2Qx8jI5j6_1a4LAZY.llvm.18228714591795614293",
                "a::LAZY",
            ),
            (
                "_RNvNCNKNvCs4Q2Qx8jI5j6_1a2TL0s_023___RUST_STD_INTERNAL_VAL",
                "a::TL",
            ),
            (
                "_RNvNCNvMNtCs4Q2Qx8jI5j6_1a5innerNtB6_3Obj1m010IN_CLOSURE",
                "<a::inner::Obj>::m::{closure#0}::IN_CLOSURE",
            ),
            (
                "_RNvNvXCs4Q2Qx8jI5j6_1aINtNtCslNYArtu3iFV_5alloc3vec3VecpENtB4_1T1s10IN_GENERIC",
                "<alloc::vec::Vec<_> as a::T>::s::IN_GENERIC",
            ),
            ("_RNvNvNvCs4Q2Qx8jI5j6_1a2go1f1N", "a::go::f::N"),
            (
                "_ZN1a2TL29_$u7b$$u7b$constant$u7d$$u7d$28_$u7b$$u7b$closure$u7d$$u7d$23__RUST_STD_INTERNAL_VAL17h56ef594caf0c5affE",
                "a::TL",
            ),
            (
                "_ZN1a2go28_$u7b$$u7b$closure$u7d$$u7d$10IN_CLOSURE17hb83ccdead3311937E",
                "a::go::{{closure}}::IN_CLOSURE",
            ),
            (
                "_ZN49_$LT$alloc..vec..Vec$LT$X$GT$$u20$as$u20$a..T$GT$1s10IN_GENERIC17hb83ccdead3311937E",
                "<alloc::vec::Vec<X> as a::T>::s::IN_GENERIC",
            ),
            (
                "_ZN52_$LT$a..TABLE$u20$as$u20$core..ops..deref..Deref$GT$5deref11__stability4LAZY17hb83ccdead3311937E.0",
                "a::TABLE",
            ),
        ] {
            is(symbol, "a", path);
        }
        let callsite = "_RNvNvCs4Q2Qx8jI5j6_1a2go10___CALLSITE";
        is(callsite, "tracing_core", "a::go::__CALLSITE");
        is("counter.4", UNMANGLED, "counter");
        is("EXPORTED", UNMANGLED, "EXPORTED");
        is("completed_jobs", UNMANGLED, "completed_jobs");
    }

    #[test]
    fn an_impl_is_of_the_crate_that_it_stands_in() {
        let both = "_ZN44_$LT$other..Thing$u20$as$u20$game..Trait$GT$1s1N17hb83ccdead3311937E";
        is(both, "game", "<other::Thing as game::Trait>::s::N");
        let std =
            "_ZN52_$LT$std..path..Path$u20$as$u20$core..fmt..Debug$GT$3fmt1N17hb83ccdead3311937E";
        assert_eq!(told(std), None);
    }

    #[test]
    fn the_module_s_own_crate_may_be_called_otherwise() {
        for (path, name) in [
            ("game::COUNT", "crate::COUNT"),
            (
                "<alloc::Vec<game::A> as game::T>::N",
                "<alloc::Vec<crate::A> as crate::T>::N",
            ),
            ("mygame::game::COUNT", "mygame::game::COUNT"),
            ("game_two::game", "game_two::game"),
            ("gamegame::N", "gamegame::N"),
            ("game", "game"),
            ("", ""),
        ] {
            assert_eq!(relative(path, "game"), name);
        }
        assert_eq!(relative("aaa::N", "a"), "aaa::N");
    }

    #[test]
    fn what_belongs_to_the_runtime_is_not_told() {
        for symbol in [
            "_RNvNtCsjrHSEGnQ3l9_3std9panicking4HOOK",
            "_RNvNvNtNtNtCscTPYGNvQQN5_6memchr4arch6x86_646memchr10memchr_raw2FN",
            "_ZN6hotmod9allocator5EARLY17hd077009f55a1ccaaE",
            "_ZN4game9broadcast15__HOTMOD_IMPORT17hd077009f55a1ccaaE",
            "_ZN4game1_17__HOTMOD_RESOURCE17hd077009f55a1ccaaE",
            "_ZN8arc_swap4debt4list9LIST_HEAD17hd077009f55a1ccaaE",
            "DW.ref.rust_eh_personality",
            "completed.0",
            "__dso_handle",
            "",
            ".0",
        ] {
            assert_eq!(told(symbol), None, "{symbol}");
        }
    }

    /// Each tuple holds the one before it twice: a few hundred bytes stand for more than there is memory.
    #[test]
    fn a_symbol_that_stands_for_a_long_path_is_cut() {
        let base_62 = |mut number: usize| {
            const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
            if number == 0 {
                return "_".to_owned();
            }
            number -= 1;
            let mut digits = vec![b'_'];
            loop {
                digits.insert(0, DIGITS[number % 62]);
                number /= 62;
                if number == 0 {
                    return String::from_utf8(digits).unwrap();
                }
            }
        };
        let mut symbol = "_RNvINvC4game1f".to_owned();
        let mut before = None;
        for _ in 0..60 {
            // Places count from behind the prefix.
            let here = symbol.len() - 2;
            symbol += &match before {
                None => "TjjE".to_owned(),
                Some(before) => {
                    let before = base_62(before);
                    format!("TB{before}B{before}E")
                }
            };
            before = Some(here);
        }
        symbol += "E1N";
        let (krate, path) = told(&symbol).expect("a static");
        assert_eq!(krate, "game");
        assert!(path.ends_with('…') && path.len() <= LONGEST_PATH + '…'.len_utf8());
    }

    #[test]
    fn no_symbol_makes_it_panic() {
        let symbols = [
            "_RNvNCNKNvCs4Q2Qx8jI5j6_1a2TL0s_023___RUST_STD_INTERNAL_VAL",
            "_RNvNvXCs4Q2Qx8jI5j6_1aINtNtCslNYArtu3iFV_5alloc3vec3VecpENtB4_1T1s10IN_GENERIC",
            "_ZN44_$LT$other..Thing$u20$as$u20$game..Trait$GT$1s1N17hb83ccdead3311937E",
        ];
        for symbol in symbols {
            for at in 0..symbol.len() {
                for byte in [
                    0, b'_', b'0', b'9', b's', b'u', b'B', b'C', b'.', b':', 0xff,
                ] {
                    let mut bytes = symbol.as_bytes().to_vec();
                    bytes[at] = byte;
                    let _ = named(&bytes, Some("game"));
                    bytes.truncate(at);
                    let _ = named(&bytes, None);
                }
            }
        }
        for at in 0..40 {
            let long = format!("{}…é{}", "é".repeat(at), "x".repeat(LONGEST_SYMBOL));
            assert!(cut(format_args!("{long}")).len() <= LONGEST_PATH + 3);
        }
    }
}
