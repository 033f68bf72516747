//! The form in which a value goes by serde from one module to another: `MessagePack` with names, so
//! that a changed type is read by its names. Types are asked for their human-readable form, since serde
//! reads what it has to look at twice (`flatten`, untagged enums) in that form, whatever the format
//! says.
//!
//! `MessagePack` itself has the same byte for `None`, for `()` and for unit structs, so that
//! `Some(None)` would be read as `None`. Here a `SOME` stands before the item of a `Some` if the item
//! begins with that byte, or with a `SOME` of its own. Every other item of a `Some` stands there as it
//! is, so that a `T` may become an `Option<T>`.

mod format;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
