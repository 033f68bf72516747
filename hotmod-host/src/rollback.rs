//! rollback: going back to the version before.

use std::sync::Arc;
use std::time::Duration;

use hotmod::describe::{Difference, Rule, Verdict};
use hotmod::plan::Plan;

use crate::core::Core;
use crate::drain;
use crate::error::{Refusal, Stage};
use crate::events::{Progress, UpdateState};
use crate::image::Image;
use crate::migrate::Way;
use crate::retire;
use crate::update::{Change, publish, route};

/// How long to wait for a module's turn before asking again.
const AGAIN: Duration = Duration::from_millis(1);

/// What a rollback does, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rollback {
    /// The module.
    pub module: String,
    /// The version that is rolled back.
    pub from: String,
    /// The version that runs again.
    pub to: String,
    /// What becomes of live state.
    pub verdict: Verdict,
    /// The plan by which live state goes back.
    pub differences: Vec<Difference>,
    /// Those of them by which state would lose something.
    pub losses: Vec<Difference>,
}

/// What a rollback would do.
pub(crate) fn report(core: &Core) -> Result<Rollback, Refusal> {
    let (rollback, _) = plan(core)?;
    Ok(rollback)
}

/// Goes back to the version before.
pub(crate) fn rollback(core: &Arc<Core>) -> Result<Rollback, Refusal> {
    let _turn = core.turn();
    let current = core.current();
    let mut progress = Progress::new(&core.settings.events, &core.name, &current.version);
    let done = carry_out(core, &progress).inspect(|done| progress.to(&done.to));
    match &done {
        Ok(_) => progress.reaches(UpdateState::RolledBack),
        Err(refusal) => progress.reaches_because(UpdateState::Refused, refusal),
    }
    done
}

/// Goes back because of what an update led to, unless another was published since. On the keeper's
/// thread, which has other modules to look after: as long as somebody else has the turn, it comes
/// again.
pub(crate) fn because(core: &Arc<Core>, published: u64, progress: Progress, reason: String) {
    let Some(_turn) = core.try_turn() else {
        let weak = Arc::downgrade(core);
        return core.settings.keeper.after(AGAIN, move || {
            if let Some(core) = weak.upgrade() {
                because(&core, published, progress, reason);
            }
        });
    };
    if core.history().publications != published {
        return;
    }
    match carry_out(core, &progress) {
        Ok(_) => progress.reaches_because(UpdateState::RolledBack, &reason),
        Err(refusal) => {
            let reason = format!("{reason}\nit cannot be rolled back: {refusal}");
            progress.reaches_because(UpdateState::Refused, &reason);
        }
    }
}

/// Gives up the version before.
pub(crate) fn make_permanent(core: &Arc<Core>) {
    let _turn = core.turn();
    let before = core.history().previous.take();
    if let Some(before) = before {
        let mut progress = Progress::new(&core.settings.events, &core.name, &before.version);
        progress.to(&core.current().version);
        progress.reaches(UpdateState::Permanent);
        retire::soon(core);
    }
}

/// In the module's turn.
fn carry_out(core: &Arc<Core>, progress: &Progress) -> Result<Rollback, Refusal> {
    let calls = drain::calls();
    let (rollback, (running, image, plan)) = plan(core)?;
    let route = route(core, Way::Back, &plan, (running, image))?;
    let trial = core.history().trial.clone();
    if let Some(trial) = trial {
        trial.abort(core, "the version that it was to replace is rolled back");
    }
    let change = Change {
        running,
        image,
        route,
        calls,
    };
    publish(core, &change, progress);
    // Going back is not an update that could be rolled back.
    core.history().previous = None;
    Ok(rollback)
}

type Planned = (Rollback, (&'static Image, &'static Image, Plan));

fn plan(core: &Core) -> Result<Planned, Refusal> {
    let running = core.current();
    let mut history = core.history();
    let Some(image) = history.previous else {
        let refusal = Refusal::because(
            &running.file,
            Stage::Verify,
            Rule::NothingBefore,
            [
                "the version before",
                "one to go back to",
                "none: nothing was updated, or it was rolled back or made permanent",
                "update to the file that is to run",
            ],
        );
        return Err(refusal
            .of(&running.module, &running.version)
            .keeps(&running.version));
    };
    let (manifest, was) = (running.manifest(), image.manifest());
    let plan = Plan::back(&manifest, &was);
    let refused = |differences| {
        Refusal::new(&image.file, Stage::Compare, differences)
            .of(&image.module, &image.version)
            .keeps(&running.version)
    };
    if plan.verdict() == Verdict::Refuse {
        return Err(refused(plan.differences));
    }
    if history.generation(image).is_none() {
        // The host asked for something since that only the newer version has.
        let ports = history.ports.iter();
        let missing = ports.flat_map(|port| port.compare(&was));
        return Err(refused(missing.collect()));
    }
    let rollback = Rollback {
        module: core.name.clone(),
        from: running.version.clone(),
        to: image.version.clone(),
        verdict: plan.verdict(),
        losses: plan.losses().cloned().collect(),
        differences: plan.differences.clone(),
    };
    Ok((rollback, (running, image, plan)))
}
