//! What a file has the system's loader do besides loading it: libraries that it needs, and where
//! they are looked for.
//!
//! The loader opens and runs all of these libraries before the module's first instruction, and none was
//! inspected. So each is named, and a host says which it allows.

use object::elf;

use super::damage::{DamageKind, Findings, RawName};
use super::dynamic::{Dynamic, SETTINGS};
use super::symbols::Strings;

/// The longest name of a file on any file system of Linux (`NAME_MAX`).
const LONGEST_NAME: usize = 255;

/// Libraries that glibc installs, and the compiler's own library, which Rust's standard library needs.
const OF_THE_SYSTEM: &[&str] = &[
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libBrokenLocale.so.1",
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libmvec.so.1",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// Whether a library is one of the system's, which a module may always need.
pub(crate) fn is_of_the_system(library: &str) -> bool {
    OF_THE_SYSTEM.contains(&library)
}

/// What a module's file needs of the system's loader, beside being loaded itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NeededLibraries {
    libraries: Vec<String>,
    settings: Vec<(&'static str, String)>,
    static_tls: bool,
}

impl NeededLibraries {
    /// The libraries that the loader opens first, in its order (`DT_NEEDED`): names of files, without a
    /// directory.
    pub fn libraries(&self) -> &[String] {
        &self.libraries
    }

    /// The entries that steer the loader, each as a name and a value: `("RUNPATH", "/opt/lib")`; also
    /// `RPATH`, `AUDIT`, `DEPAUDIT`, `FILTER`, `AUXILIARY` and `CONFIG`. The values are texts of the file,
    /// escaped where they are not plain ASCII.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Whether the file's thread-locals have to lie in the block that every thread gets when it starts,
    /// which is small, and whose room is never given back.
    pub fn static_tls(&self) -> bool {
        self.static_tls
    }

    pub(super) fn read(dynamic: &Dynamic, strings: Strings<'_>, findings: &mut Findings) -> Self {
        let mut needs = NeededLibraries {
            static_tls: dynamic.value(elf::DT_FLAGS).unwrap_or(0) & elf::DF_STATIC_TLS.0 != 0,
            ..NeededLibraries::default()
        };
        for (index, offset) in dynamic.needed.iter().enumerate() {
            let location = format!("needed library {index}");
            needs
                .libraries
                .extend(library(&location, *offset, strings, findings));
        }
        for (tag, offset) in &dynamic.settings {
            let named = SETTINGS.iter().find(|(known, _)| known == tag);
            let Some((_, name)) = named else { continue };
            // The loader opens these libraries as it opens needed ones.
            if matches!(*tag, elf::DT_FILTER | elf::DT_AUXILIARY) {
                let value = library(name, *offset, strings, findings);
                needs.settings.extend(value.map(|value| (*name, value)));
                continue;
            }
            match strings.get(*offset) {
                Some(value) => needs
                    .settings
                    .push((*name, value.escape_ascii().to_string())),
                None => findings.damaged(
                    name,
                    "a name in the string table",
                    format_args!("offset {offset}"),
                ),
            }
        }
        needs
    }

    pub(super) fn take_static_tls(&mut self) {
        self.static_tls = true;
    }
}

/// The name of a library, if the loader would look for it among its libraries. The loader opens a name with
/// a slash as a path, and replaces `$` and what follows by a directory.
fn library(
    location: &str,
    offset: u64,
    strings: Strings<'_>,
    findings: &mut Findings,
) -> Option<String> {
    let Some(name) = strings.get(offset).filter(|name| !name.is_empty()) else {
        findings.damaged(
            location,
            "a name in the string table",
            format_args!("offset {offset}"),
        );
        return None;
    };
    if name.contains(&b'/') || name.contains(&b'$') {
        findings.add(
            DamageKind::NeedsPath,
            location,
            "the name of a file, which the loader finds among its libraries",
            format_args!("a path, {}", RawName(name)),
        );
        return None;
    }
    if name.len() > LONGEST_NAME || !name.iter().all(u8::is_ascii_graphic) {
        findings.damaged(location, "a name that a library can have", RawName(name));
        return None;
    }
    str::from_utf8(name).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &[u8]) -> (Option<String>, bool) {
        let strings = [b"\0", name, b"\0"].concat();
        let mut findings = Findings::default();
        let found = library("it", 1, Strings::of(&strings), &mut findings);
        (found, findings.is_empty())
    }

    #[test]
    fn a_library_is_named_and_not_pointed_at() {
        for good in [
            &b"libc.so.6"[..],
            b"libstdc++.so.6",
            b"ld-linux-x86-64.so.2",
        ] {
            let name = String::from_utf8(good.to_vec()).unwrap();
            assert_eq!(named(good), (Some(name), true));
        }
        for bad in [
            &b"/tmp/evil.so"[..],
            b"./evil.so",
            b"..",
            b"$ORIGIN",
            b"${LIB}",
            b"",
            b"lib\x1b[2J.so",
            "lib\u{202e}.so".as_bytes(),
            b"lib c.so",
            &[b'x'; 256],
        ] {
            // Two dots are a directory, but a name: no library is found under it.
            let is_name = bad == b"..";
            assert_eq!(named(bad).1, is_name, "{}", bad.escape_ascii());
        }
    }
}
