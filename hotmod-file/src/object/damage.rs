//! What is wrong with a file, in words on which the person who built it can act.

use std::fmt::{self, Display};

/// Why a file is refused, for callers that react differently to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DamageKind {
    /// The file holds nothing.
    Empty,
    /// The file is something else: a text, an archive, an object of another system.
    NotAnObject,
    /// An object file, but an executable or an unlinked object instead of a shared library.
    NotAModule,
    /// The file ends before what it announces.
    Truncated,
    /// Built for a 32-bit host.
    OtherClass,
    /// Built for another processor.
    OtherArchitecture,
    /// Intact, but of a form that a module must not have.
    NotAllowed,
    /// Needs a library by its path.
    NeedsPath,
    /// One part contradicts another, or points outside of the file.
    Damaged,
}

/// One reason to refuse a file: `{location}: expected {expected}, found {found}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) location: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    pub(crate) kind: DamageKind,
}

impl Damage {
    pub(super) fn new(
        kind: DamageKind,
        location: impl Display,
        expected: impl Display,
        found: impl Display,
    ) -> Damage {
        Damage {
            location: location.to_string(),
            expected: expected.to_string(),
            found: found.to_string(),
            kind,
        }
    }
}

impl Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}, found {}",
            self.location, self.expected, self.found
        )
    }
}

/// The damage found so far, at most [`Findings::MOST`] findings, so that the report of a file of garbage
/// stays short.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Damage>);

impl Findings {
    pub(super) const MOST: usize = 16;

    pub(super) fn add(
        &mut self,
        kind: DamageKind,
        location: impl Display,
        expected: impl Display,
        found: impl Display,
    ) {
        if !self.is_full() {
            self.0.push(Damage::new(kind, location, expected, found));
        }
    }

    pub(super) fn damaged(
        &mut self,
        location: impl Display,
        expected: impl Display,
        found: impl Display,
    ) {
        self.add(DamageKind::Damaged, location, expected, found);
    }

    /// Whether no more findings are kept, so that long loops can stop.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= Self::MOST
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_list(self) -> Vec<Damage> {
        self.0
    }
}

/// A number printed in hex, as `readelf` prints addresses, offsets and flags.
pub(super) struct Hex(pub(super) u64);

impl Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// A name from the file, which may hold any bytes: printed escaped, and cut where it gets too long to read.
pub(super) struct RawName<'a>(pub(super) &'a [u8]);

impl Display for RawName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const READABLE: usize = 80;
        match self.0.get(..READABLE) {
            Some(start) => write!(f, "`{}…`", start.escape_ascii()),
            None => write!(f, "`{}`", self.0.escape_ascii()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_reads_as_a_sentence() {
        let damage = Damage::new(
            DamageKind::Truncated,
            "segment 2 (load)",
            "to end inside the file of 413696 bytes",
            "an end at 9999999",
        );
        assert_eq!(
            damage.to_string(),
            "segment 2 (load): expected to end inside the file of 413696 bytes, \
             found an end at 9999999"
        );
    }

    #[test]
    fn findings_are_capped() {
        let mut findings = Findings::default();
        for index in 0..1000 {
            findings.damaged(format_args!("symbol {index}"), "a name", "none");
        }
        assert_eq!(findings.into_list().len(), Findings::MOST);
    }

    #[test]
    fn hostile_names_are_escaped_and_cut() {
        assert_eq!(RawName(b"a\x1b[2J").to_string(), "`a\\x1b[2J`");
        assert!(RawName(&[b'x'; 5000]).to_string().len() < 100);
    }
}
