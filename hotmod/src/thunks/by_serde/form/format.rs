//! What the writer and the reader of a form agree on.

use std::fmt;

/// Stands before the item of a `Some` that would be read as `None` otherwise. `MessagePack` has no use
/// for this byte.
pub(super) const SOME: u8 = 0xc1;

/// The extension types of the numbers that `MessagePack` has no place for.
pub(super) const UNSIGNED: i8 = 1;
pub(super) const SIGNED: i8 = 2;

/// How deep a form may nest: writing and reading take stack for each step down.
pub(super) const MAX_DEPTH: usize = 1024;

/// Why a value could not be written or read.
#[derive(Debug)]
pub(super) struct Fault(String);

impl Fault {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Fault(text.into())
    }

    pub(super) fn too_deep() -> Self {
        Fault(format!("it nests through more than {MAX_DEPTH} levels"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl serde::ser::Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Fault(text.to_string())
    }
}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Fault(text.to_string())
    }
}
