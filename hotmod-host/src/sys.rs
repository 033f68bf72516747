//! What the host asks of the operating system beyond the standard library: one module for each concern, so
//! that another system is another file. No other room asks the system: `tests/rooms` checks that.
//!
//! To be imported, by every room: [`barrier`], [`thread`] and [`process`] for threads and the process,
//! [`copy`] and [`exit`] for copies of the process and its end; `peer` for a connection to another process; `signal` for what becomes of signals; [`pages`] and
//! [`huge`] for memory; [`directory`], [`loader`], [`path_lock`] and [`write`](mod@write) for files.
//!
//! It never imports another room of the host.

pub(crate) mod barrier;
pub(crate) mod clock;
pub(crate) mod copy;
pub(crate) mod directory;
pub(crate) mod exit;
pub(crate) mod huge;
pub(crate) mod loader;
pub(crate) mod pages;
pub(crate) mod path_lock;
#[cfg(feature = "handoff")]
pub(crate) mod peer;
pub(crate) mod process;
#[cfg(feature = "signals")]
pub(crate) mod signal;
pub(crate) mod thread;
pub(crate) mod write;
