//! `cargo hotmod snapshot plan`: what would become of the states in a version of their module.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use hotmod::printed::{Line, lines};
use hotmod_file::describe::Verdict;
use hotmod_file::{Snapshot, inspect};
use serde::Serialize;

use crate::json::{JsonChange, with_examples};
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod snapshot plan states/latest target/release/libgame.so";

const JSON: &str = "\
With --format json, a list:
  [{ from, to, verdict, differences }]: the version of the states and that of the module; verdict and
  differences are as in `diff`";

/// Says what would become of the states in a version of their module, from its description alone
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(super) struct PlanSnapshot {
    /// The file
    file: PathBuf,

    /// The module's shared library
    module: PathBuf,

    #[command(flatten)]
    output: Output,
}

/// What would become of the states of each version.
#[derive(Serialize)]
#[serde(transparent)]
struct JsonPlans<'p>(Vec<JsonSnapshotPlan<'p>>);

#[derive(Serialize)]
struct JsonSnapshotPlan<'p> {
    from: &'p str,
    to: &'p str,
    verdict: &'static str,
    differences: Vec<JsonChange<'p>>,
    /// As they are told to people.
    #[serde(skip)]
    told: Vec<String>,
}

impl fmt::Display for JsonPlans<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            if self.0.is_empty() {
                f.write_str("no states of this module")?;
            }
            for (place, plan) in self.0.iter().enumerate() {
                let line = if place == 0 { "" } else { "\n" };
                let (from, to) = (Line(plan.from), Line(plan.to));
                write!(f, "{line}{from} → {to}: {}", plan.verdict)?;
                for difference in &plan.told {
                    write!(f, "\n  {}", difference.replace('\n', "\n  "))?;
                }
            }
            Ok(())
        })
    }
}

impl PlanSnapshot {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let snapshot = Snapshot::open(&self.file)?;
        let module = inspect(&self.module)?;
        let plans = snapshot.plan(module.manifest())?;
        let refused = plans.iter().any(|it| it.verdict() == Verdict::Refuse);
        let plans = plans.iter().map(|plan| JsonSnapshotPlan {
            verdict: plan.verdict().as_str(),
            from: &plan.from,
            to: &plan.to,
            differences: plan.differences.iter().map(JsonChange::of).collect(),
            told: (plan.differences.iter())
                .map(|it| it.with_code().to_string())
                .collect(),
        });
        self.output.print(&JsonPlans(plans.collect()))?;
        Ok(if refused { Exit::Refused } else { Exit::Yes })
    }
}
