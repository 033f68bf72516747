//! `cargo hotmod snapshot plan`: what would become of the states in a version of their module.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use hotmod::printed::{Line, lines};
use hotmod_file::describe::Verdict;
use hotmod_file::{Snapshot, inspect};
use serde::Serialize;

use crate::output::{Exit, Failure, Output};

/// Says what would become of the states in a version of their module, from its description alone
#[derive(Args)]
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
struct JsonPlans(Vec<JsonSnapshotPlan>);

#[derive(Serialize)]
struct JsonSnapshotPlan {
    from: String,
    to: String,
    verdict: &'static str,
    differences: Vec<String>,
}

impl fmt::Display for JsonPlans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            if self.0.is_empty() {
                f.write_str("no states of this module")?;
            }
            for (place, plan) in self.0.iter().enumerate() {
                let line = if place == 0 { "" } else { "\n" };
                let (from, to) = (Line(&plan.from), Line(&plan.to));
                write!(f, "{line}{from} → {to}: {}", plan.verdict)?;
                for difference in &plan.differences {
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
        let plans = plans.into_iter().map(|plan| JsonSnapshotPlan {
            verdict: plan.verdict().as_str(),
            from: plan.from,
            to: plan.to,
            differences: plan
                .differences
                .iter()
                .map(|it| it.with_code().to_string())
                .collect(),
        });
        self.output.print(&JsonPlans(plans.collect()))?;
        Ok(if refused { Exit::Refused } else { Exit::Yes })
    }
}
