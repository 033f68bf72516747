//! What is asked of the operating system beside what the standard library has: one module a concern, so
//! that another system is another file. No other room asks it: `tests/rooms` sees to that.
//!
//! To be imported, by every room: [`barrier`], [`thread`] and [`process`] for who runs, [`copy`] and [`exit`]
//! for copies of the process and its end; [`pages`] and [`huge`] for memory; [`directory`], [`loader`] and
//! [`write`](mod@write) for files.
//!
//! It imports nothing of the host.

pub(crate) mod barrier;
pub(crate) mod copy;
pub(crate) mod directory;
pub(crate) mod exit;
pub(crate) mod huge;
pub(crate) mod loader;
pub(crate) mod pages;
pub(crate) mod process;
pub(crate) mod thread;
pub(crate) mod write;
