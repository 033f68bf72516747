//! rollback: going back to the version before, of one module or of several at once.

use std::sync::Arc;
use std::time::Duration;

use hotmod::describe::{Rule, Verdict};
use hotmod_file::plan::{Plan, Way};
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::journal::recovery::OperationKind;
use crate::module::left_behind;
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::options::RollbackOptions;
use crate::module::report::preparations;
use crate::module::retire;
use crate::module::rollback_report::{EndedTrial, RollbackReport};
use crate::turn::Turn;
use crate::update::follow::{Deadline, Overdue};
use crate::update::publish::{Change, Publication, Published, make_current, route};
use crate::update::recorded;
use crate::update::settle::{Goal, settle_and_tell, settle_aside};
use crate::update::transaction;
use crate::uses::register::Together;

/// How long to wait for a module's turn before asking again.
const AGAIN: Duration = Duration::from_millis(1);

/// The reason for a rollback or an abort that the server asked for.
pub(crate) const ASKED_FOR: &str = "it was asked for";

impl<I: ?Sized> Module<I> {
    /// What a rollback would do, and what would be lost.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if there is no version to go back to, or no way back for the state.
    pub fn rollback_report(&self) -> Result<RollbackReport, Refusal> {
        report(self.loaded())
    }

    /// Goes back to the version before: new calls enter it, and states follow at their next exclusive call,
    /// by the way back of the update's plan. Calls that are inside the newer version finish there, as in an
    /// update, and are reported in the same [`events`](crate::Host::events).
    ///
    /// Only one step back is kept: after a rollback there is no version to go back to.
    ///
    /// Modules that were updated together because they call each other may have to go back together:
    /// [`Host::rollback_all`](crate::Host::rollback_all).
    ///
    /// # Errors
    ///
    /// As [`rollback_report`](Module::rollback_report). What runs is untouched.
    pub fn rollback(&self) -> Result<RollbackReport, Refusal> {
        self.rollback_with(&RollbackOptions::new())
    }

    /// As [`rollback`](Module::rollback), with options.
    ///
    /// # Errors
    ///
    /// As `rollback`.
    pub fn rollback_with(&self, options: &RollbackOptions) -> Result<RollbackReport, Refusal> {
        rollback(self.loaded(), options)
    }

    /// Gives up the version before: the current one can no longer be rolled back.
    pub fn make_permanent(&self) {
        make_permanent(self.loaded());
    }

    /// As [`make_permanent`](Module::make_permanent), unless another version became current since the module had so many
    /// [publications](Module::publications).
    ///
    /// # Errors
    ///
    /// [`Refusal`] if one did, or from within what an update of the module runs.
    pub fn make_permanent_at(&self, publications: u64) -> Result<(), Refusal> {
        let loaded = self.loaded();
        let file = &loaded.current().file;
        let _turn = loaded.turn(file)?;
        loaded.refuse_if_overtaken(file, Some(publications))?;
        give_up_before(loaded);
        Ok(())
    }
}

/// What a rollback would do.
fn report(loaded: &Loaded) -> Result<RollbackReport, Refusal> {
    let (rollback, _) = plan(loaded, before(loaded)?, &Together::new())?;
    Ok(rollback)
}

/// Goes back to the version before.
fn rollback(loaded: &Arc<Loaded>, options: &RollbackOptions) -> Result<RollbackReport, Refusal> {
    let turn = loaded.turn(&loaded.current().file)?;
    rollback_in_turn(loaded, turn, options)
}

/// The same, in the module's turn, which the caller has already.
pub(crate) fn rollback_in_turn(
    loaded: &Arc<Loaded>,
    turn: Turn<'_>,
    options: &RollbackOptions,
) -> Result<RollbackReport, Refusal> {
    loaded.refuse_if_overtaken(&loaded.current().file, options.only_at)?;
    let asked = (ASKED_FOR, options.drain_timeout);
    let done = go_back(&[loaded], asked, Refusal::to_string)?;
    drop(turn);
    Ok(settled(done, options).remove(0))
}

/// Goes back to the versions before of several modules, or of none.
pub(crate) fn rollback_all(
    modules: &[Arc<Loaded>],
    options: &RollbackOptions,
) -> Result<Vec<RollbackReport>, Refusal> {
    let order = transaction::in_order(modules, |loaded| loaded).map_err(|loaded| {
        let help = "name it once: only one step back is kept";
        transaction::named_twice(loaded, &loaded.current().file, help)
    })?;
    let turns = order.iter().map(|it| it.turn(&it.current().file));
    let turns: Vec<Turn<'_>> = turns.collect::<Result<_, _>>()?;
    let asked = (ASKED_FOR, options.drain_timeout);
    let done = go_back(&order, asked, Refusal::to_string)?;
    drop(turns);
    let done = settled(done, options);
    let done = order.into_iter().zip(done).collect();
    Ok(transaction::as_named(modules, done))
}

/// Takes instances along, if the rollback is to pay for that.
fn settled(done: Vec<(RollbackReport, Goal)>, options: &RollbackOptions) -> Vec<RollbackReport> {
    let (mut reports, goals): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    let settled = options.settle.map(|within| settle_and_tell(&goals, within));
    for (report, settled) in reports.iter_mut().zip(settled.into_iter().flatten()) {
        report.settled = Some(settled);
    }
    reports
}

/// Goes back because of what an update led to, unless another version was published since. This runs on the
/// thread for later, which has other modules to look after: while another thread has the turn, it does not
/// wait but tries again. Where the module was updated together with others, without which it cannot go back, those
/// go back with it.
pub(crate) fn because(
    loaded: &Arc<Loaded>,
    published: u64,
    options: RollbackOptions,
    reason: String,
) {
    let RollbackOptions {
        drain_timeout,
        settle,
        only_at: _,
    } = options;
    let again = |reason: String| {
        loaded.after(AGAIN, move |loaded| {
            because(loaded, published, options, reason);
        });
    };
    let Some(_turn) = loaded.try_turn() else {
        return again(reason);
    };
    if loaded.history().publications != published {
        return;
    }
    let with = needed_to_go_back(loaded);
    let turns = with.iter().map(|it| it.try_turn());
    let Some(_turns) = turns.collect::<Option<Vec<Turn<'_>>>>() else {
        return again(reason);
    };
    let all: Vec<&Arc<Loaded>> = [loaded].into_iter().chain(&with).collect();
    // Whether it was rolled back or refused is reported as an event.
    let done = go_back(&all, (&reason, drain_timeout), |refusal| {
        format!("{reason}\nit cannot be rolled back: {refusal}")
    });
    if let (Ok(done), Some(within)) = (done, settle) {
        settle_aside(done.into_iter().map(|(_, goal)| goal).collect(), within);
    }
}

/// The modules that were updated together with this one, where it cannot go back without them.
fn needed_to_go_back(loaded: &Loaded) -> Vec<Arc<Loaded>> {
    let Ok(back) = before(loaded) else {
        return Vec::new();
    };
    if suits(loaded, back, &Together::new()).is_ok() {
        return Vec::new();
    }
    loaded.published_with()
}

/// Gives up the version before.
fn make_permanent(loaded: &Arc<Loaded>) {
    // In what an update runs, it is given up when that is over.
    let Ok(_turn) = loaded.turn(&loaded.current().file) else {
        return loaded.after(Duration::ZERO, make_permanent);
    };
    give_up_before(loaded);
}

/// Gives up the version before, in the module's turn.
fn give_up_before(loaded: &Arc<Loaded>) {
    let before = loaded.history().previous.take();
    if let Some(before) = before {
        recorded::makes_permanent(loaded);
        before.update.reaches(UpdateState::Permanent);
        retire::soon(loaded);
    }
}

/// A rollback that is ready to be published. No caller sees anything of it yet.
struct ReadyBack<'a> {
    loaded: &'a Arc<Loaded>,
    progress: Progress,
    report: RollbackReport,
    change: Change,
}

/// Goes back, in the turns of the modules. A refusal is reported as an event of each.
fn go_back(
    all: &[&Arc<Loaded>],
    (reason, drain_timeout): (&str, Option<Duration>),
    refused: impl FnOnce(&Refusal) -> String,
) -> Result<Vec<(RollbackReport, Goal)>, Refusal> {
    let progress = |loaded: &&Arc<Loaded>| {
        let version = &loaded.current().version;
        let settings = &loaded.settings;
        Progress::new(&settings.events, &loaded.name, version).record(
            settings.journal.as_ref(),
            OperationKind::Rollback,
            None,
        )
    };
    let mut progress: Vec<Progress> = all.iter().map(progress).collect();
    let done = carry_out(all, reason, drain_timeout, &mut progress);
    done.map_err(|(place, refusal)| {
        let because_of_another = transaction::because_of_another(&refusal);
        for (it, progress) in progress.iter().enumerate() {
            if it != place {
                progress.reaches_because(UpdateState::Refused, &because_of_another);
            }
        }
        if let Some(progress) = progress.get(place) {
            progress.reaches_because(UpdateState::Refused, &refused(&refusal));
        }
        refusal
    })
}

/// Goes back, of all or of none. A refusal comes with the place of the module that is refused.
fn carry_out(
    all: &[&Arc<Loaded>],
    reason: &str,
    drain_timeout: Option<Duration>,
    progress: &mut [Progress],
) -> Result<Vec<(RollbackReport, Goal)>, (usize, Refusal)> {
    let mut together = Together::new();
    for (place, loaded) in all.iter().enumerate() {
        let (_, image) = before(loaded).map_err(|refusal| (place, refusal))?;
        together.insert(loaded.name.clone(), image.manifest());
    }
    let mut ready = Vec::new();
    for (place, (loaded, progress)) in all.iter().zip(progress).enumerate() {
        let prepared = prepare(loaded, &together, progress);
        ready.push(prepared.map_err(|refusal| (place, refusal))?);
    }
    let Some(first) = ready.first() else {
        return Ok(Vec::new());
    };
    for it in &ready {
        let trial = it.loaded.history().trial.clone();
        if let Some(trial) = trial {
            trial.abort("the version that it was to replace is rolled back");
        }
    }
    let uses = first.loaded.settings.uses.clone();
    let publishing = uses.publishing();
    // Others may have been updated since.
    for (place, it) in ready.iter().enumerate() {
        let back = (it.change.running, it.change.image);
        suits(it.loaded, back, &together).map_err(|refusal| (place, refusal))?;
    }
    for it in &ready {
        let generation = it.loaded.history().generation(it.change.image);
        generation.into_iter().for_each(|it| uses.link(it));
    }
    let back: Vec<_> = (ready.iter())
        .map(|it| (&**it.loaded, it.change.image))
        .collect();
    recorded::rolls_back(&back, reason);
    // What each needs of the others was linked above, whichever is published first.
    let published = ready.iter().map(|it| {
        make_current(&Publication {
            loaded: it.loaded,
            change: &it.change,
            progress: &it.progress,
            promotes: None,
            undoes: Some(reason),
        })
    });
    let published: Vec<Published> = published.collect();
    uses.published();
    drop(publishing);
    let done = ready.into_iter().zip(published);
    let done = done.map(|(it, published)| {
        let deadline = drain_timeout.map(|time| Deadline {
            time,
            then: Overdue::Report,
            settle: None,
        });
        published.tell(it.loaded, &it.progress, deadline);
        let goal = Goal {
            loaded: it.loaded.clone(),
            image: it.change.image,
            progress: it.progress,
        };
        (it.report, goal)
    });
    Ok(done.collect())
}

/// Everything up to publishing. `together` are the versions that become current with it.
fn prepare<'a>(
    loaded: &'a Arc<Loaded>,
    together: &Together,
    progress: &mut Progress,
) -> Result<ReadyBack<'a>, Refusal> {
    let calls = left_behind::calls();
    let (running, image) = before(loaded)?;
    progress.to(&image.version);
    progress.reaches(UpdateState::Planning);
    let (report, plan) = plan(loaded, (running, image), together)?;
    progress.reaches(UpdateState::Preparing);
    let route = route(loaded, Way::Back, &plan, (running, image))?;
    let change = Change {
        running,
        image,
        route,
        calls,
        // That version has the values that it had.
        resources: None,
    };
    Ok(ReadyBack {
        loaded,
        progress: progress.clone(),
        report,
        change,
    })
}

/// What is rolled back, and to what.
type Back = (&'static Image, &'static Image);

/// What runs, and the version before.
fn before(loaded: &Loaded) -> Result<Back, Refusal> {
    let history = loaded.history();
    let running = loaded.current();
    if let Some(previous) = &history.previous {
        return Ok((running, previous.image));
    }
    drop(history);
    loaded.refuse_if_linked(&running.file)?;
    let refusal = Refusal::because(
        &running.file,
        RefusalStage::Verify,
        Rule::NothingBefore,
        Reason {
            what: "the version before",
            expected: "one to go back to",
            found: "none: nothing was updated, or it was rolled back or made permanent",
            help: "update to the file that is to run",
        },
    );
    Err(refusal
        .of(&running.module, &running.version)
        .keeps(&running.version))
}

/// Refuses a version before that would leave another module without what it needs of this one, or that needs what
/// others have no more. `together` are the versions that become current with it.
fn suits(loaded: &Loaded, (running, image): Back, together: &Together) -> Result<(), Refusal> {
    let uses = &loaded.settings.uses;
    let mut found = uses.differences(&loaded.name, &image.manifest(), together, Way::Back);
    found.retain(|it| it.rule.refuses());
    match found.is_empty() {
        true => Ok(()),
        false => Err(image.unfit(found).keeps(&running.version)),
    }
}

/// What becomes of state on the way back.
fn plan(
    loaded: &Loaded,
    (running, image): Back,
    together: &Together,
) -> Result<(RollbackReport, Plan), Refusal> {
    let (manifest, was) = (running.manifest(), image.manifest());
    let plan = Plan::back(&manifest, &was);
    let refused = |differences| {
        Refusal::new(&image.file, RefusalStage::Compare, differences)
            .of(&image.module, &image.version)
            .keeps(&running.version)
    };
    if plan.verdict() == Verdict::Refuse {
        return Err(refused(plan.differences));
    }
    let mut history = loaded.history();
    if history.generation(image).is_none() {
        // Since the update, the host has asked for something that only the newer version has.
        let expectations = history.expectations.iter();
        let missing = expectations.flat_map(|it| it.compare(&was));
        return Err(refused(missing.collect()));
    }
    let ended = history.trial.as_ref().map(|trial| EndedTrial {
        what: trial.words().what,
        version: trial.image().version.clone(),
        losses: trial.losses().to_vec(),
    });
    drop(history);
    suits(loaded, (running, image), together)?;
    let rollback = RollbackReport {
        module: loaded.name.clone(),
        from: running.version.clone(),
        to: image.version.clone(),
        verdict: plan.verdict(),
        survival: plan.survival(),
        losses: plan.losses().cloned().collect(),
        differences: plan.differences.clone(),
        ended,
        preparations: preparations(&plan),
        settled: None,
    };
    Ok((rollback, plan))
}
