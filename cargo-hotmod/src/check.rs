//! `cargo hotmod check`: whether live state of the last release survives a build.

use std::path::PathBuf;

use clap::Args;
use hotmod_host::compare_description;

use crate::comparison::{Allowed, Comparison, Old, Way};
use crate::json;
use crate::lock::{self, Lock};
use crate::output::{Exit, Failure, Output};

/// Says whether live state of the last release survives a build, for CI
///
/// Compares FILE with the lock file that `cargo hotmod lock` wrote of the release, as a host that
/// runs the release would. Also refused is a field or variant under a name that stood for another
/// one before: state of that time would be taken for the new one's.
///
/// The exit status is 0 if the state survives, as it is or migrated, 3 if the build is refused, and
/// 2 if a file is unusable.
#[derive(Args)]
#[command(after_long_help = json::CHECK)]
pub(crate) struct Check {
    /// The module's shared library
    file: PathBuf,

    /// The lock file of the release
    #[arg(long, value_name = "LOCK", default_value = lock::DEFAULT)]
    lock: PathBuf,

    #[command(flatten)]
    allowed: Allowed,

    #[command(flatten)]
    output: Output,
}

impl Check {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let lock = Lock::read(&self.lock)?;
        let new = hotmod_host::inspect(&self.file)?;
        let policy = self.allowed.policy(&lock.build);
        // The names of another module's types mean nothing.
        let is_same = lock.build.module == new.build().module;
        let reused = match is_same {
            true => lock.removed.reused(new.manifest()),
            false => Vec::new(),
        };
        let differences = compare_description(&lock.manifest, &lock.build, &new, policy);
        let old = Old::Lock(&self.lock, &lock.build, &lock.manifest);
        let answer = Comparison::new(Way::On, old, &new, differences, reused);
        self.output.print(&answer)?;
        Ok(answer.exit())
    }
}
