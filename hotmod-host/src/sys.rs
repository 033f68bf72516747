//! What is asked of the operating system beside what the standard library has: one module a concern, so
//! that another system is another file.
//!
//! To be imported, by every room: [`barrier`], [`thread`] and [`process`] for who runs; [`pages`] and
//! [`huge`] for memory; [`loader`] and [`write`](mod@write) for files.
//!
//! It imports nothing of the host. What only one file needs and cannot be told apart from what it does there
//! stays there: making a copy of the process (`update/rehearsal/child.rs`), and whose a directory of private
//! copies is (`image/stage/own.rs`).

pub(crate) mod barrier;
pub(crate) mod huge;
pub(crate) mod loader;
pub(crate) mod pages;
pub(crate) mod process;
pub(crate) mod thread;
pub(crate) mod write;
