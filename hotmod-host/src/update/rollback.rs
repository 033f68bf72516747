//! rollback: going back to the version before.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hotmod::describe::{Difference, Rule, Verdict};
use hotmod::plan::{Plan, Way};
use hotmod::printed::lines;
use hotmod_file::{Reason, Refusal, RefusalStage, list};

use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::module::left_behind;
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::retire;
use crate::module::settle::SettleReport;
use crate::update::follow::Deadline;
use crate::update::publish::{Change, Publication, make_current, route};
use crate::update::settle::settle_and_tell;
use crate::uses::register::Together;

/// How long to wait for a module's turn before asking again.
const AGAIN: Duration = Duration::from_millis(1);

/// The reason for a rollback or an abort that the server asked for.
pub(crate) const ASKED_FOR: &str = "it was asked for";

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
    /// The plan by which live state goes back.
    pub differences: Vec<Difference>,
    /// The differences by which state would lose something. What is lost by a function that takes values
    /// back ([`Rule::Converted`]) is not among them: only that function knows it.
    pub losses: Vec<Difference>,
    /// What came of taking instances back at once, if that was asked for ([`RollbackOptions::settle`]).
    pub settled: Option<SettleReport>,
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
            match &self.settled {
                Some(settled) => write!(f, "\n  settled: {settled}"),
                None => Ok(()),
            }
        })
    }
}

/// How a rollback is done.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use hotmod_host::RollbackOptions;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let host = hotmod_host::Host::builder().build()?;
/// let game = host.load_untyped("libgame.so")?;
/// game.update("libgame.so")?;
/// game.rollback_with(&RollbackOptions::new().drain_timeout(Duration::from_secs(5)))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackOptions {
    drain_timeout: Option<Duration>,
    settle: Option<Duration>,
}

impl RollbackOptions {
    /// A rollback that reports when the version that it leaves is drained, however long that takes.
    #[must_use]
    pub fn new() -> Self {
        RollbackOptions::default()
    }

    /// Has the calls reported that are still in the newer version this long after, as
    /// [`Draining`](UpdateState::Draining) with a reason. They are neither stopped nor held up.
    #[must_use]
    pub fn drain_timeout(mut self, time: Duration) -> Self {
        self.drain_timeout = Some(time);
        self
    }

    /// Has the rollback take instances back before it returns, for no longer than this: as
    /// [`UpdateOptions::settle`](crate::UpdateOptions::settle).
    #[must_use]
    pub fn settle(mut self, within: Duration) -> Self {
        self.settle = Some(within);
        self
    }
}

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
}

/// What a rollback would do.
fn report(loaded: &Loaded) -> Result<RollbackReport, Refusal> {
    let (rollback, _) = plan(loaded, before(loaded)?)?;
    Ok(rollback)
}

/// Goes back to the version before.
fn rollback(loaded: &Arc<Loaded>, options: &RollbackOptions) -> Result<RollbackReport, Refusal> {
    let turn = loaded.turn(&loaded.current().file)?;
    let asked = (ASKED_FOR, options.drain_timeout);
    let (mut rollback, progress) = go_back(loaded, asked, Refusal::to_string)?;
    drop(turn);
    if let Some(within) = options.settle {
        let mut settled = settle_and_tell(&[(loaded, &progress)], within);
        rollback.settled = settled.pop();
    }
    Ok(rollback)
}

/// Goes back because of what an update led to, unless another version was published since. This runs on the
/// thread for later, which has other modules to look after: while another thread has the turn, it does not
/// wait but tries again.
pub(crate) fn because(
    loaded: &Arc<Loaded>,
    published: u64,
    drain_timeout: Option<Duration>,
    reason: String,
) {
    let Some(_turn) = loaded.try_turn() else {
        return loaded.after(AGAIN, move |loaded| {
            because(loaded, published, drain_timeout, reason);
        });
    };
    if loaded.history().publications != published {
        return;
    }
    // Whether it was rolled back or refused is reported as an event.
    let _ = go_back(loaded, (&reason, drain_timeout), |refusal| {
        format!("{reason}\nit cannot be rolled back: {refusal}")
    });
}

/// Gives up the version before.
fn make_permanent(loaded: &Arc<Loaded>) {
    // In what an update runs, it is given up when that is over.
    let Ok(_turn) = loaded.turn(&loaded.current().file) else {
        return loaded.after(Duration::ZERO, make_permanent);
    };
    let before = loaded.history().previous.take();
    if let Some(before) = before {
        before.update.reaches(UpdateState::Permanent);
        retire::soon(loaded);
    }
}

/// Goes back, in the module's turn. A refusal is reported as an event.
fn go_back(
    loaded: &Arc<Loaded>,
    (reason, drain_timeout): (&str, Option<Duration>),
    refused: impl FnOnce(&Refusal) -> String,
) -> Result<(RollbackReport, Progress), Refusal> {
    let current = loaded.current();
    let mut progress = Progress::new(&loaded.settings.events, &loaded.name, &current.version);
    match carry_out(loaded, reason, drain_timeout, &mut progress) {
        Ok(rollback) => Ok((rollback, progress)),
        Err(refusal) => {
            progress.reaches_because(UpdateState::Refused, &refused(&refusal));
            Err(refusal)
        }
    }
}

fn carry_out(
    loaded: &Arc<Loaded>,
    reason: &str,
    drain_timeout: Option<Duration>,
    progress: &mut Progress,
) -> Result<RollbackReport, Refusal> {
    let calls = left_behind::calls();
    let (running, image) = before(loaded)?;
    progress.to(&image.version);
    progress.reaches(UpdateState::Planning);
    let (rollback, plan) = plan(loaded, (running, image))?;
    progress.reaches(UpdateState::Preparing);
    let route = route(loaded, Way::Back, &plan, (running, image))?;
    let trial = loaded.history().trial.clone();
    if let Some(trial) = trial {
        trial.abort("the version that it was to replace is rolled back");
    }
    let change = Change {
        running,
        image,
        route,
        calls,
    };
    let uses = &loaded.settings.uses;
    let publishing = uses.publishing();
    // Others may have been updated since.
    suits(loaded, (running, image))?;
    let generation = loaded.history().generation(image);
    generation.into_iter().for_each(|it| uses.link(it));
    let published = make_current(&Publication {
        loaded,
        change: &change,
        progress,
        promotes: None,
        undoes: Some(reason),
    });
    uses.published();
    drop(publishing);
    let deadline = drain_timeout.map(|time| Deadline {
        time,
        roll_back: None,
    });
    published.tell(loaded, progress, deadline);
    Ok(rollback)
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
/// others have no more.
fn suits(loaded: &Loaded, (running, image): Back) -> Result<(), Refusal> {
    let alone = Together::new();
    let uses = &loaded.settings.uses;
    let mut found = uses.differences(&loaded.name, &image.manifest(), &alone);
    found.retain(|it| it.rule.refuses());
    match found.is_empty() {
        true => Ok(()),
        false => Err(image.unfit(found).keeps(&running.version)),
    }
}

/// What becomes of state on the way back.
fn plan(loaded: &Loaded, (running, image): Back) -> Result<(RollbackReport, Plan), Refusal> {
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
    drop(history);
    suits(loaded, (running, image))?;
    let rollback = RollbackReport {
        module: loaded.name.clone(),
        from: running.version.clone(),
        to: image.version.clone(),
        verdict: plan.verdict(),
        losses: plan.losses().cloned().collect(),
        differences: plan.differences.clone(),
        settled: None,
    };
    Ok((rollback, plan))
}
