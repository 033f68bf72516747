//! The form in which a value goes by serde from one module to another: `MessagePack` with names, so that a
//! changed type is read by them; and as for people, since serde reads what it has to look at twice
//! (`flatten`, untagged enums) so, whatever the format says.
//!
//! `MessagePack` itself has one byte for `None`, for `()` and for what is like it, so that `Some(None)`
//! would be read as `None`. Here a `SOME` stands before the item of a `Some` wherever that begins with
//! such a byte, or with a `SOME` of its own. All other items of a `Some` stand there as they are, so that a
//! type may become an `Option` of it.

mod format;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
