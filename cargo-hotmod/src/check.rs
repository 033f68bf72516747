//! `cargo hotmod check`: whether live state of the last release survives a build.

use std::path::PathBuf;

use clap::Args;
#[cfg(feature = "daily")]
use hotmod::printed::Line;
use hotmod_file::plan::Way;
use hotmod_file::snapshot::unwritable::unwritable;
use hotmod_file::{Compared, Comparison, ModuleView};

use crate::comparison::{Allowed, Baseline, Denied, Findings};
use crate::host::OfHost;
use crate::json;
use crate::lock::{self, Lock};
use crate::others::{Others, WithOthers};
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod check target/release/libgame.so
  cargo hotmod check target/release/libgame.so --deny conditional
  cargo hotmod check target/release/libgame.so --back --lock releases/1.2.0.lock";

/// Says whether live state of the last release survives a build, for CI
///
/// Compares FILE with the lock file that `cargo hotmod lock` wrote of the release, as a host that
/// runs the release would. Also refused is a field or variant under a name that stood for another
/// one before: state of that time would be taken for the new one's.
///
/// With --back, FILE runs and the release is to run again: the answer is what a rollback would do to
/// the state of FILE, and what of it would be lost.
///
/// With --host, also as the host does that wrote down what it was compiled with: what it calls of the
/// module and provides to it. With --with, also as a host does in which those modules run: what FILE needs of
/// them, and what they need of FILE.
///
/// State survives for sure, or if its values allow it: a number that is narrowed must fit, a variant that is gone must
/// not be in use, a function must accept what it converts. The answer says what each value must be, and
/// --deny conditional refuses such a build, but not for what every update asks of a value: that the form which serde
/// wrote can be read, where the field is of the same size as it was.
///
/// The exit status is 0 if the state survives, as it is or migrated (or with --back, if FILE can go
/// back to the release), 3 if the build is refused, also by --deny, and 2 if a file is unusable.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = json::with_examples(EXAMPLES, json::CHECK))]
pub(crate) struct Check {
    /// The module's shared library
    file: PathBuf,

    /// The lock file of the release
    #[arg(long, value_name = "LOCK", default_value = lock::DEFAULT)]
    lock: PathBuf,

    /// Say what a rollback from the build to the release would do and lose
    #[arg(long)]
    back: bool,

    /// Refuse a build with states that no snapshot can hold, for hosts that write snapshots or hand over
    #[arg(long)]
    snapshots: bool,

    #[command(flatten)]
    denied: Denied,

    #[command(flatten)]
    host: OfHost,

    #[command(flatten)]
    with: WithOthers,

    #[command(flatten)]
    allowed: Allowed,

    #[command(flatten)]
    output: Output,
}

impl Check {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let lock = Lock::read(&self.lock)?;
        let host = self.host.read()?;
        let new = hotmod_file::inspect(&self.file)?;
        let others = self.with.read(&new.build().module)?;
        let known = others.as_ref().map(Others::known);
        // The names of another module's types mean nothing.
        let is_same = lock.build.module == new.build().module;
        let reused = match is_same && !self.back {
            true => lock.removed.reused(new.manifest()),
            false => Vec::new(),
        };
        let statics = lock.statics.as_deref().unwrap_or_default();
        let locked = ModuleView::new(&lock.manifest, &lock.build).statics(statics);
        let policy = self.allowed.policy(host.as_ref(), &lock.build, None);
        let mut comparison = Comparison::new(locked, &new).policy(policy);
        if let Some(host) = &host {
            comparison = comparison.host(&host.expectations);
        }
        if let Some(known) = &known {
            comparison = comparison.others(known);
        }
        let (way, mut compared) = match self.back {
            true => {
                lock.require_functions(&self.lock)?;
                (Way::Back, Compared::of(comparison.rollback()))
            }
            false => (Way::On, comparison.update_with_costs()),
        };
        if self.snapshots {
            compared.differences.extend(unwritable(new.manifest()));
        }
        let old = Baseline::Lock(&self.lock, &lock);
        let answer = Findings::new(
            way,
            (old, &new),
            (host.as_ref(), others.as_ref()),
            comparison.plans(),
            compared,
            reused,
        )
        .denying(&self.denied);
        #[cfg(feature = "daily")]
        let answer = answer.fixed_by(&format!(
            " {} --lock {}",
            Line(self.file.display()),
            Line(self.lock.display())
        ));
        self.output.print(&answer)?;
        Ok(answer.exit())
    }
}
