//! `cargo hotmod releases`: which releases of a module state can be taken to from which.

mod kept;
mod table;

use std::path::PathBuf;

use clap::Args;
use hotmod_file::Releases;

use crate::lock;
use crate::output::{Exit, Failure, Output};
use kept::KeptReleases;
use table::ReleasesAnswer;

const EXAMPLES: &str = "\
Examples:
  cargo hotmod releases
  cargo hotmod releases releases/ target/release/libgame.so
  cargo hotmod releases --format json 1.0.lock 1.1.lock 2.0.lock";

const JSON: &str = "\
With --format json, an object:
  module                 the module
  releases               [{ version, file, left_out, reused }], from the oldest to the newest: where each is described,
                         where else, of which nothing was looked at, and the differences of the rule name-reused
                         for which `check` refuses it, held against the lock of the one before
  unusable               [{ file, reason }]: what was found and is no release that can be compared
  routes                 [{ from, to, steps, direct }], from each to each other: the versions that it leads over, the
                         last of which is `to`; null if there is no way
  steps                  [{ to, way, survives, conditions: [{ path, must }], losses, by_functions }]: a way is
                         \"update\" or \"rollback\"; survives and the conditions as in `check`; losses and by_functions
                         say what state loses, and whether functions convert it, which alone know what they leave out
  direct                 { way, survives, refused }: the direct way, and what stands in it; losses and refused as the
                         differences of `check`
  adjacent               [{ older, newer, side_by_side }] of versions that follow each other: \"freely\" |
                         \"at-a-cost\" (something is lost, or values have to allow it) | \"not\"";

/// Says which releases state can be taken to from which, in how many steps, and losing what
///
/// Reads lock files and module files, or directories of such. Without any, it reads hotmod.lock, and all that version control
/// (git) has kept of it: `cargo hotmod lock` replaces it at each release. For each two releases the answer is the shortest
/// way, directly or over others, what state loses on it, and what its values must be. For versions that follow
/// each other it says whether they may serve side by side, as with a canary, so that state can go and come back.
///
/// Where a release gives a name to something else that the lock of the one before lists as removed, that is told: `check`
/// refuses such a build, since state of a release that had the name would be taken for the new one's.
///
/// The exit status is 0 if each release leads to each newer one, 3 if one does not, and 2 if a file is unusable.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = crate::json::with_examples(EXAMPLES, JSON))]
pub(crate) struct OfReleases {
    /// Lock files, module files, or directories of them
    paths: Vec<PathBuf>,

    /// The lock file whose versions in git are read, where no paths are given
    #[arg(long, value_name = "LOCK", default_value = lock::DEFAULT, conflicts_with = "paths")]
    lock: PathBuf,

    #[command(flatten)]
    output: Output,
}

impl OfReleases {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let kept = match self.paths.as_slice() {
            [] => KeptReleases::of_history(&self.lock)?,
            paths => KeptReleases::of_paths(paths)?,
        };
        let releases = Releases::of(kept.views());
        let answer = ReleasesAnswer::new(&kept, &releases);
        self.output.print(&answer)?;
        Ok(match answer.all_lead_on() {
            true => Exit::Yes,
            false => Exit::Refused,
        })
    }
}
