//! The runtimes and thread pools that a file links: they are the file's own, beside those of its host.
//!
//! They are found by the crates of its symbols, in the table that linkers write for debuggers, `.symtab`. Damage in
//! that is no reason to refuse the file: a symbol that cannot be read is left out.

use std::collections::BTreeSet;

use super::sections::Sections;
use super::segments::MappedFile;
use super::statics::{LONGEST_SYMBOL, SYMBOL_SIZE, root, symbol_table};
use super::words::{string_at, u16_at, u32_at};

/// Crates, and how a symbol of each begins in the older form, in which its path is written with the length of each
/// name.
const RUNTIMES: [(&str, &[u8]); 5] = [
    ("async_executor", b"_ZN14async_executor"),
    ("async_std", b"_ZN9async_std"),
    ("rayon", b"_ZN5rayon"),
    ("rayon_core", b"_ZN10rayon_core"),
    ("tokio", b"_ZN5tokio"),
];

/// The crates of these that the file has code or data of.
pub(super) fn read(image: &MappedFile<'_>, sections: &Sections<'_>) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let Some((symbols, names)) = symbol_table(image, sections) else {
        return found;
    };
    for fields in symbols.chunks_exact(SYMBOL_SIZE) {
        let (Some(name), Some(section)) = (u32_at(fields, 0), u16_at(fields, 6)) else {
            continue;
        };
        // What is only named is another file's.
        if section == 0 {
            continue;
        }
        let Some(symbol) = string_at(names, u64::from(name), LONGEST_SYMBOL) else {
            continue;
        };
        let its = |(krate, begins): &&(&'static str, &[u8])| {
            symbol.starts_with(begins) || root(symbol) == Some(krate)
        };
        found.extend(RUNTIMES.iter().filter(its).map(|(krate, _)| *krate));
    }
    found
}
