//! Files that a server reads as values, and takes up anew as they change.
//!
//! To be imported: [`resource::Resource`] and its builder, [`error::ResourceError`], [`report::ResourceReport`];
//! [`known::Resources`], which has those of a host. `source_file` reads one of the one
//! directory, and `format` makes a value of what it holds, and says where it cannot.
//!
//! It imports no other room. What watches the directory stands above it, in `watch`.

pub(crate) mod error;
mod format;
pub(crate) mod known;
pub(crate) mod report;
pub(crate) mod resource;
mod source_file;
