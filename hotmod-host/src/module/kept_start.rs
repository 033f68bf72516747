//! That a module has begun with the copy of what ran before.

use std::fmt;
use std::path::PathBuf;

use hotmod::printed::{Line, lines};
use hotmod_file::Refusal;

/// A module has begun with the copy of the version that ran in the process before, in the place of its file
/// ([`HostBuilder::state_dir`](crate::HostBuilder::state_dir)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeptStart {
    /// The module.
    pub module: String,
    /// The version.
    pub version: String,
    /// The file that was asked for, from the root on.
    pub file: PathBuf,
    /// The copy.
    pub copy: PathBuf,
    /// Why the file was not taken.
    pub refusal: Refusal,
}

impl fmt::Display for KeptStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let KeptStart {
                module, version, ..
            } = self;
            let refusal = self.refusal.to_string().replace('\n', "\n  ");
            write!(
                f,
                "module `{module}` begins with {}, which ran before: {refusal}",
                Line(version)
            )
        })
    }
}
