//! Modules that are linked into an executable, beside each other and the host.
//!
//! A file has one section of records, which are all of one module. In an executable the linker puts those of all
//! crates there. So with the feature `linked`, each macro leaves an *entry* beside its record and its symbols: where
//! they lie, and in which crate. By these a module's records are told from those of others, and its symbols are
//! found although an executable exports none.
//!
//! This room stands above `describe` and `root`, and is imported by `private` alone.

use std::collections::BTreeSet;
use std::fmt;
use std::slice;

use crate::describe::Rule;
use crate::describe::format::{MAGIC, RecordKind};
use crate::root::services::ServicesRef;
use crate::root::{panic_hook, values};

/// What a macro leaves where it writes a record or exports a symbol.
pub struct Entry(EntryKind);

enum EntryKind {
    /// `module!`.
    Module {
        path: &'static str,
        crates: &'static [&'static str],
    },
    /// Records, one after the other.
    Records {
        path: &'static str,
        bytes: *const u8,
        len: usize,
    },
    Symbol {
        name: &'static str,
        address: *const (),
    },
    /// Keeps the section from being empty.
    Nothing,
}

// SAFETY: it is constant, and its pointers lead to constants and to code.
unsafe impl Sync for Entry {}

/// What consists of records.
///
/// # Safety
///
/// All of its bytes are initialised.
pub unsafe trait Records: Sync + 'static {}

impl Entry {
    /// That of `module!` in the Rust module of this path, whose module consists of these crates too.
    pub const fn module(path: &'static str, crates: &'static [&'static str]) -> Self {
        Entry(EntryKind::Module { path, crates })
    }

    /// That of records which the Rust module of this path has.
    pub const fn records<T: Records>(path: &'static str, records: &'static T) -> Self {
        Entry(EntryKind::Records {
            path,
            bytes: (&raw const *records).cast(),
            len: size_of::<T>(),
        })
    }

    /// That of an exported symbol.
    pub const fn symbol(name: &'static str, address: *const ()) -> Self {
        Entry(EntryKind::Symbol { name, address })
    }

    fn as_records(&self) -> Option<(&'static str, &'static [u8])> {
        let EntryKind::Records { path, bytes, len } = self.0 else {
            return None;
        };
        // SAFETY: `records`, the only constructor, took both from one `&'static` value, all bytes of which are
        // initialised.
        Some((krate(path), unsafe { slice::from_raw_parts(bytes, len) }))
    }

    fn as_module(&self) -> Option<(&'static str, &'static [&'static str])> {
        match self.0 {
            EntryKind::Module { path, crates } => Some((krate(path), crates)),
            _ => None,
        }
    }
}

/// The crate of a Rust module.
fn krate(path: &'static str) -> &'static str {
    path.split("::").next().unwrap_or_default()
}

#[used]
// SAFETY: the section holds references to entries, of which there may be none in a word.
#[unsafe(link_section = "hotmod_linked")]
static NOTHING: Option<&Entry> = Some(&Entry(EntryKind::Nothing));

unsafe extern "C" {
    /// The linker's name for the beginning of the section.
    #[link_name = "__start_hotmod_linked"]
    static START: usize;
    /// The linker's name for its end.
    #[link_name = "__stop_hotmod_linked"]
    static END: usize;
}

/// The entries of all crates of this executable.
fn entries() -> impl Iterator<Item = &'static Entry> + Clone {
    let (start, end) = (&raw const START, &raw const END);
    let len = (end.addr() - start.addr()) / size_of::<Option<&Entry>>();
    // SAFETY: between the two the linker has put what the crates have in the section, which is words, each a
    // reference or null; between words of two crates there may be null ones, since linkers pad with zeros. The
    // section has one word at least, so it is there. Nothing writes to it.
    let entries: &'static [Option<&'static Entry>] =
        unsafe { slice::from_raw_parts(start.cast(), len) };
    entries.iter().flatten().copied()
}

/// A module that is linked into this executable: what a host links, in the place of a file that it loads.
///
/// [`module!`](macro@crate::module) writes the function `module` in the crate of a module, which gives it. In tests of
/// that crate it is there by itself:
///
/// ```text
/// let host = hotmod_host::Host::builder().build()?;
/// let game = host.link::<dyn Game>(crate::module())?;
/// ```
///
/// For other executables the crate needs a feature: see [`module!`](macro@crate::module).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkedModule {
    krate: &'static str,
}

/// Why a module that is linked cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlinked {
    /// The rule that it falls under.
    pub rule: Rule,
    /// What stands in the way.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

impl fmt::Display for Unlinked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl LinkedModule {
    /// That of the crate of this Rust module.
    #[doc(hidden)]
    pub fn of(path: &'static str) -> Self {
        LinkedModule { krate: krate(path) }
    }

    /// Its records, as the section of its file would hold them.
    ///
    /// # Errors
    ///
    /// If it cannot be said which records are its own.
    #[doc(hidden)]
    pub fn section(self) -> Result<Vec<u8>, Unlinked> {
        section(entries(), self.krate)
    }
}

/// The function or accessor of this name that some crate of the executable exports.
#[doc(hidden)]
pub fn symbol(name: &str) -> Option<*const ()> {
    entries().find_map(|entry| match entry.0 {
        EntryKind::Symbol { name: its, address } if its == name => Some(address),
        _ => None,
    })
}

/// Has the modules of this executable ask this host from now on: for the values of `Lazy`s, and about panics.
/// `host_of_call` gives what tells the host of the call that a thread is in from others. Called once. Its allocator they
/// have anyway.
///
/// # Safety
///
/// The services do what [`Services`](crate::root::services::Services) says of each, for as long as the process lives,
/// for whichever module the thread that asks is in. `image` may be passed to them.
#[doc(hidden)]
pub unsafe fn initialise(
    services: ServicesRef,
    image: *const (),
    host_of_call: fn() -> Option<usize>,
) {
    values::tell_hosts_by(host_of_call);
    values::connect(services);
    values::stand_for(image);
    panic_hook::install(services);
}

/// The records of the module whose `module!` this crate has.
fn section(
    entries: impl Iterator<Item = &'static Entry> + Clone,
    own: &str,
) -> Result<Vec<u8>, Unlinked> {
    let modules: Vec<_> = entries.clone().filter_map(Entry::as_module).collect();
    let Some((_, crates)) = modules.iter().find(|(krate, _)| *krate == own) else {
        return Err(Unlinked {
            rule: Rule::LinkedUnclear,
            what: format!("the executable lacks the entry of crate `{own}`"),
            help: "link the executable without options that leave out or move sections (`--gc-sections` with \
                   `-z start-stop-gc`, a linker script)"
                .to_owned(),
        });
    };
    let is_of_other = |krate: &str| {
        let mut others = modules.iter();
        others.any(|(other, crates)| *other == krate || crates.contains(&krate))
    };
    let mut section = Vec::new();
    let mut unclear = BTreeSet::new();
    for (krate, records) in entries.filter_map(Entry::as_records) {
        let is_own = krate == own || crates.contains(&krate);
        if !is_own && is_of_other(krate) {
            continue;
        }
        if is_own || is_type(records) || modules.len() == 1 {
            section.extend_from_slice(records);
        } else {
            unclear.insert(krate);
        }
    }
    if unclear.is_empty() {
        return Ok(section);
    }
    let unclear: Vec<&str> = unclear.into_iter().collect();
    let unclear = unclear.join(", ");
    Err(Unlinked {
        rule: Rule::LinkedUnclear,
        what: format!(
            "the executable has several modules, and what is marked in `{unclear}` may be of any of them"
        ),
        help: format!("write `crates: [{unclear}]` in the `module!` whose it is"),
    })
}

/// Whether these are the records of a type: those are there for whoever mentions the type.
fn is_type(records: &[u8]) -> bool {
    let kind = records.get(MAGIC.len());
    let kind = kind.and_then(|kind| RecordKind::from_byte(*kind));
    matches!(kind, None | Some(RecordKind::Type | RecordKind::Opaque))
}

/// Where modules are linked, the entry of these records.
#[doc(hidden)]
#[macro_export]
macro_rules! __linked_record {
    ($record:ident) => {
        const _: () = {
            #[used]
            // SAFETY: the section holds references to entries.
            #[unsafe(link_section = "hotmod_linked")]
            static __ENTRY: ::core::option::Option<&$crate::linked::Entry> =
                ::core::option::Option::Some(&$crate::linked::Entry::records(
                    ::core::module_path!(),
                    &$record,
                ));
        };
    };
}

/// Where modules are linked, the entry of this function, which is exported under its name.
#[doc(hidden)]
#[macro_export]
macro_rules! __linked_symbol {
    ($function:ident) => {
        const _: () = {
            #[used]
            // SAFETY: the section holds references to entries.
            #[unsafe(link_section = "hotmod_linked")]
            static __ENTRY: ::core::option::Option<&$crate::linked::Entry> =
                ::core::option::Option::Some(&$crate::linked::Entry::symbol(
                    ::core::stringify!($function),
                    $function as *const (),
                ));
        };
    };
}

/// Where modules are linked, the entry of a module that consists of these crates too, and what a host links.
#[doc(hidden)]
#[macro_export]
macro_rules! __linked_module {
    ($($krate:ident)*) => {
        const _: () = {
            #[used]
            // SAFETY: the section holds references to entries.
            #[unsafe(link_section = "hotmod_linked")]
            static __ENTRY: ::core::option::Option<&$crate::linked::Entry> =
                ::core::option::Option::Some(&$crate::linked::Entry::module(
                    ::core::module_path!(),
                    &[$(::core::stringify!($krate)),*],
                ));
        };

        /// The module of this crate, for a host that links it.
        #[allow(dead_code, unreachable_pub)]
        pub fn module() -> $crate::linked::LinkedModule {
            $crate::linked::LinkedModule::of(::core::module_path!())
        }
    };
}

pub use __linked_module as linked_module;
pub use __linked_record as linked_record;
pub use __linked_symbol as linked_symbol;

#[cfg(test)]
mod tests {
    use super::*;

    // SAFETY: bytes are initialised.
    unsafe impl<const N: usize> Records for [u8; N] {}

    static FUNCTION: [u8; 6] = *b"hotm\x03\x01";
    static TYPE: [u8; 6] = *b"hotm\x02\x01";
    static OTHER: [u8; 6] = *b"hotm\x03\x02";

    fn of(entries: &'static [Entry], own: &str) -> Result<Vec<u8>, Unlinked> {
        section(entries.iter(), own)
    }

    #[test]
    fn a_module_that_is_alone_has_all_records() {
        static ENTRIES: [Entry; 4] = [
            Entry::records("game::world", &FUNCTION),
            Entry::records("common", &OTHER),
            Entry::records("common", &TYPE),
            Entry::module("game", &[]),
        ];
        let all = [FUNCTION, OTHER, TYPE].concat();
        assert_eq!(of(&ENTRIES, "game"), Ok(all));
    }

    #[test]
    fn each_of_several_modules_has_its_own_records_and_the_types_of_crates_that_are_of_none() {
        static ENTRIES: [Entry; 5] = [
            Entry::records("game", &FUNCTION),
            Entry::records("chat::room", &OTHER),
            Entry::module("chat", &[]),
            Entry::records("common", &TYPE),
            Entry::module("game", &[]),
        ];
        assert_eq!(of(&ENTRIES, "game"), Ok([FUNCTION, TYPE].concat()));
        assert_eq!(of(&ENTRIES, "chat"), Ok([OTHER, TYPE].concat()));
    }

    #[test]
    fn what_several_modules_may_mean_is_refused_until_one_names_its_crate() {
        static UNCLEAR: [Entry; 3] = [
            Entry::records("common::log", &FUNCTION),
            Entry::module("chat", &[]),
            Entry::module("game", &[]),
        ];
        let refused = of(&UNCLEAR, "game").expect_err("unclear");
        assert_eq!(refused.rule, Rule::LinkedUnclear);
        assert_eq!(
            refused.help,
            "write `crates: [common]` in the `module!` whose it is"
        );
        static NAMED: [Entry; 4] = [
            Entry::records("common::log", &FUNCTION),
            Entry::records("common", &TYPE),
            Entry::module("chat", &[]),
            Entry::module("game", &["common"]),
        ];
        assert_eq!(of(&NAMED, "game"), Ok([FUNCTION, TYPE].concat()));
        assert_eq!(of(&NAMED, "chat"), Ok(Vec::new()));
    }

    #[test]
    fn a_module_whose_entry_was_left_out_is_refused() {
        static ENTRIES: [Entry; 1] = [Entry::records("game", &FUNCTION)];
        of(&ENTRIES, "game").expect_err("no entry");
    }
}
