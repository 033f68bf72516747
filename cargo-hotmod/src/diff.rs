//! `cargo hotmod diff`: whether one file may replace another.

use std::path::PathBuf;

use clap::Args;
use hotmod_host::compare;

use crate::comparison::{Allowed, Comparison, Old};
use crate::json;
use crate::output::{Exit, Failure, Output};

/// Says whether a module's file may replace another
///
/// Compares the two as a host that runs OLD would: the module and its version, what it was built
/// for, every export, and every type that is reached from live state. Nothing of the files is run.
/// A host also compares NEW with the interfaces that it was compiled with itself.
///
/// Where state has changed, the answer is the plan by which a host would migrate it, path by path.
///
/// The exit status is 0 if NEW may replace OLD, 3 if it is refused, and 2 if a file is unusable.
#[derive(Args)]
#[command(after_long_help = json::DIFF)]
pub(crate) struct Diff {
    /// The file that runs
    old: PathBuf,

    /// The file that is to replace it
    new: PathBuf,

    #[command(flatten)]
    allowed: Allowed,

    #[command(flatten)]
    output: Output,
}

impl Diff {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let files = [&self.old, &self.new].map(hotmod_host::inspect);
        let (old, new) = match files {
            [Ok(old), Ok(new)] => (old, new),
            files => {
                let refusals = files.into_iter().filter_map(Result::err);
                return Err(Failure::Files(refusals.collect()));
            }
        };
        let answer = Comparison {
            differences: compare(&old, &new, self.allowed.policy(old.build())),
            old: Old::File(&old),
            new: &new,
            reused: Vec::new(),
        };
        self.output.print(&answer)?;
        Ok(answer.exit())
    }
}
