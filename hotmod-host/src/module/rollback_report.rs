//! What came of a rollback.

use std::fmt;

use hotmod::describe::{Difference, Rule, Verdict};
use hotmod::printed::lines;
use hotmod_file::list;
use hotmod_file::plan::{Preparation, Survival};

use crate::module::report::list_preparations;
use crate::module::settle::SettleReport;

/// What a rollback does, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RollbackReport {
    /// The module.
    pub module: String,
    /// The version that is rolled back.
    pub from: String,
    /// The version that runs again.
    pub to: String,
    /// What becomes of live state.
    pub verdict: Verdict,
    /// Whether live state survives: for sure, or if its values allow it.
    pub survival: Survival,
    /// The plan by which live state goes back.
    pub differences: Vec<Difference>,
    /// The differences by which state would lose something. What is lost by a function that takes values
    /// back ([`Rule::Converted`]) is not among them: only that function knows it.
    pub losses: Vec<Difference>,
    /// The candidate on trial that this ends: it was to replace the version that is rolled back.
    pub ended: Option<EndedTrial>,
    /// For each state that is migrated, by its type, whether its `&self` calls go on while its value at the older
    /// version is made, and what keeps them from it: as
    /// [`UpdateReport::preparations`](crate::UpdateReport::preparations).
    pub preparations: Vec<(String, Preparation)>,
    /// What came of taking instances back at once, if that was asked for ([`RollbackOptions::settle`](crate::RollbackOptions::settle)).
    pub settled: Option<SettleReport>,
}

/// A trial that a rollback ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndedTrial {
    /// In which way the version is on trial: `a canary`.
    pub what: &'static str,
    /// The candidate's version.
    pub version: String,
    /// What the state of instances loses that follow it, on their way back to the version that is rolled back.
    pub losses: Vec<Difference>,
}

/// Prints what an operator wants in a log: the versions, what becomes of state, and below that the plan,
/// losses first.
impl fmt::Display for RollbackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let RollbackReport {
                module, from, to, ..
            } = self;
            write!(f, "rollback of module `{module}` {from} → {to}; state is ")?;
            let functions = self.differences.iter().any(|it| it.rule == Rule::Converted);
            match (self.verdict, self.losses.len()) {
                (Verdict::Migrate, 0) if functions => {
                    f.write_str("taken back by functions, and only they know what is lost")?;
                }
                (Verdict::Migrate, 0) => f.write_str("taken back without a loss")?,
                (Verdict::Migrate, 1) => f.write_str("taken back with 1 loss")?,
                (Verdict::Migrate, losses) => write!(f, "taken back with {losses} losses")?,
                _ => f.write_str("handed over as it is")?,
            }
            if functions && !self.losses.is_empty() {
                f.write_str(", and by functions, of which only they know what they lose")?;
            }
            list(f, &self.losses)?;
            let others = self.differences.iter().filter(|it| !it.rule.loses());
            list(f, others)?;
            if let Some(ended) = &self.ended {
                list_ended(f, ended)?;
            }
            list_preparations(f, &self.preparations)?;
            match &self.settled {
                Some(settled) => write!(f, "\n  settled: {settled}"),
                None => Ok(()),
            }
        })
    }
}

/// The trial that it ends, below the plan.
fn list_ended(f: &mut fmt::Formatter<'_>, ended: &EndedTrial) -> fmt::Result {
    let EndedTrial {
        what,
        version,
        losses,
    } = ended;
    write!(f, "\n  {version}, on trial as {what}, is given up")?;
    match losses.len() {
        0 => {}
        1 => f.write_str(", and what followed it is taken back with 1 loss")?,
        losses => write!(
            f,
            ", and what followed it is taken back with {losses} losses"
        )?,
    }
    list(f, losses)
}
