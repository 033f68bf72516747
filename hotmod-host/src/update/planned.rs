//! What an update would do, from the files alone.

use std::path::Path;

use hotmod::describe::{Difference, Verdict};
use hotmod_file::plan::{Cost, Plan, Preparation, Survival};
use hotmod_file::{Inspected, Refusal};

use super::update::{look_into, plan};
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::report::UpdateReport;
use crate::uses::register::Together;

/// What an update to a file would do, by [`Module::plan_update`], [`Module::plan_canary`] or [`Module::plan_rehearsal`].
/// Nothing of the file has run.
#[derive(Debug)]
#[non_exhaustive]
pub struct UpdatePlan {
    /// The version that runs.
    pub from: String,
    /// The file: what was read of it, and what it says of itself.
    pub candidate: Inspected,
    /// Whether it is the very file that runs, so that an update would change nothing.
    pub is_unchanged: bool,
    /// What would become of live state.
    pub verdict: Verdict,
    /// Whether live state survives the update: for sure, or if its values allow it.
    pub survival: Survival,
    /// What differs between the two, with the rule that allows it.
    pub differences: Vec<Difference>,
    /// What becoming of state would cost, path by path.
    pub costs: Vec<(String, Cost)>,
    /// What it would cost to convert calls between this host and the version, path by path; what is moved is left out.
    pub call_costs: Vec<(String, Cost)>,
    /// For each state that would be migrated, by its type, whether its `&self` calls go on meanwhile.
    pub preparations: Vec<(String, Preparation)>,
    /// Whether a state that goes to the version and back is what it was, for sure.
    pub is_lossless: bool,
    /// What the state of instances would lose on the way back, if there is one.
    pub losses: Vec<Difference>,
    /// Whether it could be seen of both versions which statics they have.
    pub statics_seen: bool,
}

impl<I: ?Sized> Module<I> {
    /// What an update to this file would do: it is inspected, verified, and compared with what runs, with what the host
    /// was compiled with, and with the other modules. Nothing of it runs, and nothing changes.
    ///
    /// # Errors
    ///
    /// [`Refusal`], as for the update, as far as files alone can say.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let game = host.load_untyped("libgame.so")?;
    /// let plan = game.plan_update("libgame.so")?;
    /// println!("{} → {}", plan.from, plan.candidate.build().version);
    /// # Ok(())
    /// # }
    /// ```
    pub fn plan_update(&self, file: impl AsRef<Path>) -> Result<UpdatePlan, Refusal> {
        let loaded = self.loaded();
        plan_update(loaded, file.as_ref())
            .map_err(|refusal| refusal.keeps(&loaded.current().version))
    }
}

fn plan_update(loaded: &Loaded, file: &Path) -> Result<UpdatePlan, Refusal> {
    let _turn = loaded.turn(file)?;
    let (plan, _) = planned(loaded, file, WhileFrozen::Refused)?;
    Ok(plan)
}

/// What becomes of what is planned while the module is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhileFrozen {
    /// It would change what runs, or come to that.
    Refused,
    /// It changes nothing.
    Allowed,
}

/// The plan to the version in this file, and that of the way back. In the module's turn.
pub(crate) fn planned(
    loaded: &Loaded,
    file: &Path,
    while_frozen: WhileFrozen,
) -> Result<(UpdatePlan, Plan), Refusal> {
    let running = loaded.current();
    loaded.refuse_if_linked(file)?;
    loaded.refuse_during_trial(file)?;
    if while_frozen == WhileFrozen::Refused {
        loaded.refuse_while_frozen(file)?;
    }
    let candidate = look_into(&loaded.settings, file)?;
    let is_unchanged = candidate.digest() == running.digest;
    let mut report = UpdateReport::of(&loaded.name, running, &candidate);
    let with = (&candidate, &Together::new());
    let on = plan(loaded, running, with, &mut report, &mut |_| {})?;
    let back = Plan::back(candidate.manifest(), &running.manifest());
    let plan = UpdatePlan {
        from: report.from,
        is_unchanged,
        verdict: report.verdict,
        survival: match is_unchanged {
            true => Survival::Always,
            false => Survival::of(report.verdict, on.conditions()),
        },
        differences: report.differences,
        costs: on.costs().to_vec(),
        call_costs: report.call_costs,
        preparations: report.preparations,
        is_lossless: on.is_lossless() && back.verdict() != Verdict::Refuse,
        losses: back.losses().cloned().collect(),
        statics_seen: running.statics.seen().is_some() && candidate.statics().seen().is_some(),
        candidate,
    };
    Ok((plan, back))
}
