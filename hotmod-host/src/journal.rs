//! What a host keeps on disk, so that the next process goes on where this one has ended, however it ended: a copy of the
//! last accepted file of each module, what that has read, and a journal of what is done to modules.
//!
//! To be imported: [`journal::Journal`], which has both; [`operation::Operation`], one that goes on, which steps and ends;
//! [`recovery`], what is told of the process before. `line` and `record` are what a journal consists of, and `recorded` is
//! what all records of one come to: pure, and hostile bytes are read by them alone.
//!
//! It imports `whole` and `sys`, and knows nothing of modules but their names, versions and digests. When something is
//! recorded is the business of those rooms that do it.

pub(crate) mod journal;
mod line;
pub(crate) mod operation;
mod record;
mod recorded;
pub(crate) mod recovery;
