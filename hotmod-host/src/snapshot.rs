//! Snapshots of live states: written to files, and built again by this or another process, version or compiler.
//!
//! To be imported: nothing but what the crate's root gives to its users. `write` writes a live value; `of_host` writes
//! those of a host, each by its `state_writers`, into what `save` makes of them, or has a copy of the process do it (`copied`), and
//! `files` keeps some of them. `decode` reads what was written into memory laid out by `tables`, which
//! `restore` has migrated as the state of another version.
//!
//! It imports `read`, for how live values are read, and what is below.

pub(crate) mod asked;
mod copied;
mod decode;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod fuzzing;
mod made;
pub(crate) mod migrated;
mod of_host;
pub(crate) mod progress;
pub(crate) mod restore;
pub(crate) mod save;
pub(crate) mod state_writers;
mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod trying;
mod trying_json;
mod write;
