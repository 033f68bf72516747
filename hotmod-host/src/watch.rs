//! Modules and resources that are taken up as their files change.
//!
//! To be imported: [`watching::Watch`] and its builder, [`report::WatchReport`]; `resources` for those of a host. `files`
//! decides which files are complete, and asks the system nothing; `listing` and `heard` say what the system knows of a
//! directory; `looking` is the thread, whatever files are taken for. `taking` has the host take one as a module.
//!
//! It imports `host` and below, and has no part in what becomes of a file: that is an update like any other, or the
//! resource's own.

mod files;
mod heard;
mod listing;
mod looking;
pub(crate) mod report;
#[cfg(feature = "resources")]
pub(crate) mod resources;
mod taking;
pub(crate) mod watching;
