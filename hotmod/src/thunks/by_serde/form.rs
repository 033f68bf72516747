//! The form in which a value goes by serde from one module to another: `MessagePack` with names, so that a
//! changed type is read by them; and as for people, since serde reads what it has to look at twice
//! (`flatten`, untagged enums) so, whatever the format says.
//!
//! `MessagePack` itself has one byte for `None`, for `()` and for what is like it, so that `Some(None)`
//! would be read as `None`. Here a [`SOME`] stands before the item of a `Some` wherever that begins with
//! such a byte, or with a `SOME` of its own. All other items of a `Some` stand there as they are, so that a
//! type may become an `Option` of it.

mod read;
mod write;

use std::fmt;

pub(super) use read::read;
pub(super) use write::write;

/// Before the item of a `Some` that would be nothing otherwise. `MessagePack` has no use for this byte.
const SOME: u8 = 0xc1;

/// The extension types of the numbers that `MessagePack` has no place for.
const UNSIGNED: i8 = 1;
const SIGNED: i8 = 2;

/// How deep a form may nest: each level takes stack of whoever writes or reads it.
const LEVELS: usize = 1024;

/// Why a value could not be written or read.
#[derive(Debug)]
struct Fault(String);

impl Fault {
    fn new(text: impl Into<String>) -> Self {
        Fault(text.into())
    }

    fn too_deep() -> Self {
        Fault(format!("it nests through more than {LEVELS} levels"))
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
