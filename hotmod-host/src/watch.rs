//! Modules that are taken up as their files change.
//!
//! To be imported: [`watching::Watch`] and its builder, [`report::WatchReport`]. `files` decides which files are
//! complete, and asks the system nothing; `listing` and `heard` say what the system knows of a directory, and `taking`
//! has the host take a file.
//!
//! It imports `host` and below, and has no part in what becomes of a file: that is an update like any other.

mod files;
mod heard;
mod listing;
pub(crate) mod report;
mod taking;
pub(crate) mod watching;
