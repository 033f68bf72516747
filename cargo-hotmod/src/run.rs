//! What runs modules: the verbs of the feature `run`, which links the loader.
//!
//! A module's code can end the process that it runs in. So a verb has it run in a child, which is this program again, or
//! a server's own.

mod child;
pub(crate) mod fuzz;
pub(crate) mod migrate;
pub(crate) mod trying;

use std::process::ExitCode;

/// Does what this process is asked for as a child, if it is one.
pub(crate) fn answered() -> Option<ExitCode> {
    fuzz::answered().or_else(child::answered)
}
