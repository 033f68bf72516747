//! `cargo hotmod diff`: whether one file may replace another, and whether a host loads a file.

use std::path::PathBuf;

use clap::Args;
use hotmod_file::plan::Way;
use hotmod_file::{Compared, Comparison, inspect};

use crate::comparison::{Allowed, Baseline, Findings, both};
use crate::host::{HostFile, Loadable, OfHost};
use crate::json;
use crate::output::{Exit, Failure, Output};

/// Says whether a module's file may replace another
///
/// Compares the two as a host that runs OLD would: the module and its version, what it was built
/// for, every export, and every type that is reached from live state. Nothing of the files is run.
/// A host also compares NEW with what it was compiled with itself: with --host, and a file that the host
/// wrote of that (`Host::expectations`) or a lock of it, so does this. With --host and one file alone,
/// the answer is whether the host loads it.
///
/// Where state has changed, the answer is the plan by which a host would migrate it, path by path,
/// and what each path costs: moved as bytes however much it holds, copied, made, rebuilt item by
/// item, converted by a function, or dropped.
///
/// With --back, NEW runs and OLD is to run again: the answer is what becomes of the state of NEW,
/// and what of it would be lost.
///
/// The exit status is 0 if NEW may replace OLD (or with --back, if NEW can go back to OLD, or with one
/// file, if the host loads it), 3 if it is refused, and 2 if a file is unusable.
#[derive(Args)]
#[command(after_long_help = json::DIFF)]
pub(crate) struct Diff {
    /// The file that runs; with --back, the one to go back to
    old: PathBuf,

    /// The file that is to replace it; with --back, the one that runs
    #[arg(required_unless_present = "host")]
    new: Option<PathBuf>,

    /// Say what a rollback from NEW to OLD would do and lose
    #[arg(long, requires = "new")]
    back: bool,

    #[command(flatten)]
    host: OfHost,

    #[command(flatten)]
    allowed: Allowed,

    #[command(flatten)]
    output: Output,
}

impl Diff {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let host = self.host.read()?;
        let Some(new) = &self.new else {
            return self.load(host.as_ref());
        };
        let (old, new) = both(|| inspect(&self.old), || inspect(new));
        let files = [old, new];
        let (old, new) = match files {
            [Ok(old), Ok(new)] => (old, new),
            files => {
                let refusals = files.into_iter().filter_map(Result::err);
                return Err(Failure::Files(refusals.collect()));
            }
        };
        let policy = (self.allowed).policy(host.as_ref(), old.build(), Some(old.needs()));
        let mut comparison = Comparison::new(&old, &new).policy(policy);
        if let Some(host) = &host {
            comparison = comparison.host(&host.expectations);
        }
        let (way, compared) = match self.back {
            true => (Way::Back, Compared::of(comparison.rollback())),
            false => (Way::On, comparison.update_with_costs()),
        };
        let answer = Findings::new(
            way,
            (Baseline::File(&old), &new),
            host.as_ref(),
            comparison.plans(),
            compared,
            Vec::new(),
        );
        self.output.print(&answer)?;
        Ok(answer.exit())
    }

    /// Whether the host loads the one file.
    fn load(&self, host: Option<&HostFile>) -> Result<Exit, Failure> {
        let module = inspect(&self.old)?;
        let Some(host) = host else {
            unreachable!("bug in hotmod: the arguments require a second file without a host");
        };
        let policy = self.allowed.policy_of(host);
        let answer = Loadable {
            host,
            compared: host.expectations.compare_as(&policy, &module),
            module: &module,
        };
        self.output.print(&answer)?;
        Ok(answer.exit())
    }
}
