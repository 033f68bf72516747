//! `cargo hotmod diff`: whether one file may replace another, and whether a host loads a file.

use std::path::PathBuf;

use clap::Args;
use hotmod_file::plan::Way;
use hotmod_file::{Compared, Comparison, inspect};

use crate::comparison::{Allowed, Baseline, Findings, both};
use crate::host::{HostFile, Loadable, OfHost};
use crate::json;
use crate::others::{Others, WithOthers};
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod diff modules/libgame.so target/debug/libgame.so
  cargo hotmod diff modules/libgame.so target/debug/libgame.so --back";

/// Says whether a module's file may replace another
///
/// Compares the two as a host that runs OLD would: the module and its version, what it was built
/// for, every export, and every type that is reached from live state. Nothing of the files is run.
/// A host also compares NEW with what it was compiled with itself: with --host, and a file that the host
/// wrote of that (`Host::expectations`) or a lock of it, so does this. With --with, NEW is held against other
/// modules too: what it needs of them, and what they need of it. With one of the two and one file alone,
/// the answer is whether a host loads that file.
///
/// Where state has changed, the answer is the plan by which a host would migrate it, path by path,
/// and what each path costs: moved as bytes however much it holds, copied, made, rebuilt item by
/// item, converted by a function, or dropped.
///
/// With --back, NEW runs and OLD is to run again: the answer is what becomes of the state of NEW,
/// and what of it would be lost.
///
/// The exit status is 0 if NEW may replace OLD (or with --back, if NEW can go back to OLD, or with one
/// file, if a host loads it), 3 if it is refused, and 2 if a file is unusable.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = json::with_examples(EXAMPLES, json::DIFF))]
pub(crate) struct Diff {
    /// The file that runs; with --back, the one to go back to
    old: PathBuf,

    /// The file that is to replace it; with --back, the one that runs
    #[arg(required_unless_present_any = ["host", "with"])]
    new: Option<PathBuf>,

    /// Say what a rollback from NEW to OLD would do and lose
    #[arg(long, requires = "new")]
    back: bool,

    #[command(flatten)]
    host: OfHost,

    #[command(flatten)]
    with: WithOthers,

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
        let others = self.with.read(&new.build().module)?;
        let known = others.as_ref().map(Others::known);
        let policy = (self.allowed).policy(host.as_ref(), old.build(), Some(old.needs()));
        let mut comparison = Comparison::new(&old, &new).policy(policy);
        if let Some(host) = &host {
            comparison = comparison.host(&host.expectations);
        }
        if let Some(known) = &known {
            comparison = comparison.others(known);
        }
        let (way, compared) = match self.back {
            true => (Way::Back, Compared::of(comparison.rollback())),
            false => (Way::On, comparison.update_with_costs()),
        };
        let answer = Findings::new(
            way,
            (Baseline::File(&old), &new),
            (host.as_ref(), others.as_ref()),
            comparison.plans(),
            compared,
            Vec::new(),
        );
        self.output.print(&answer)?;
        Ok(answer.exit())
    }

    /// Whether a host loads the one file.
    fn load(&self, host: Option<&HostFile>) -> Result<Exit, Failure> {
        let module = inspect(&self.old)?;
        let others = self.with.read(&module.build().module)?;
        let known = others.as_ref().map(Others::known);
        let compared = match host {
            Some(host) => {
                let policy = self.allowed.policy_of(host);
                let expectations = &host.expectations;
                expectations.compare_as(&policy, &module, known.as_ref())
            }
            None => {
                let policy = self.allowed.policy(None, module.build(), None);
                let mut differences = module.unmet(&policy);
                differences.extend(module.denied());
                let name = &module.build().module;
                let between = known.map(|it| it.compare(name, module.manifest()));
                differences.extend(between.into_iter().flatten());
                Compared::of(differences)
            }
        };
        let answer = Loadable {
            host,
            others: others.as_ref(),
            compared,
            module: &module,
        };
        self.output.print(&answer)?;
        Ok(answer.exit())
    }
}
