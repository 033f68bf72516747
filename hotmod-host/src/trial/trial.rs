//! trial: a candidate that a share of the instances follows, until it is published or given up.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use hotmod::describe::{Difference, Rule, Verdict};
use hotmod::printed::lines;
use hotmod_file::plan::{Plan, Way};
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::call::slot::Track;
use crate::call::watch::{CallLimits, CallWatch};
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::journal::recovery::OperationKind;
use crate::migrate::Route;
use crate::module::history::{History, OnTrial, TrialWords};
use crate::module::left_behind;
use crate::module::loaded::Loaded;
use crate::module::options::UpdateOptions;
use crate::module::report::{UpdateOutcome, UpdateReport};
use crate::module::retire::InUse;
use crate::module::settle::SettleReport;
use crate::update::follow;
use crate::update::publish::{Change, Publication, make_current_in, route};
use crate::update::recorded;
use crate::update::settle::{Goal, settle_and_tell, settle_aside};
use crate::update::update::{Ready, prepare};
use crate::uses::register::Together;

/// How long to wait at least, and at most, before looking again whether a trial had enough calls.
const SOON: Duration = Duration::from_millis(10);
const LATER: Duration = Duration::from_secs(1);

/// What became of a canary.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CanaryState {
    /// Its share of the instances follows it.
    Running,
    /// It is the current version: all calls and instances follow it.
    Promoted,
    /// No instance follows it any more.
    #[non_exhaustive]
    Aborted {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for CanaryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match self {
            CanaryState::Running => f.write_str("running"),
            CanaryState::Promoted => f.write_str("promoted"),
            CanaryState::Aborted { reason } => write!(f, "aborted: {reason}"),
        })
    }
}

/// Where the end of a trial takes instances along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndSettles {
    /// On the thread that ends it.
    Here,
    /// On a thread of its own.
    Aside,
}

/// A candidate that a share of the instances follows, and what became of it. Its state changes only while
/// the history is locked.
pub(crate) struct Trial {
    /// Weak, because the module's history holds this as long as the trial runs.
    loaded: Weak<Loaded>,
    /// What the share of the instances follows. When the trial is over, it leads where new calls go.
    track: Arc<Track>,
    running: &'static Image,
    image: &'static Image,
    route: Arc<Route>,
    pub(crate) report: UpdateReport,
    pub(crate) losses: Vec<Difference>,
    progress: Progress,
    /// For how long its end takes instances along, if it does.
    settle: Option<Duration>,
    /// The watch of the candidate, and that of the version that it may replace.
    watches: [Arc<CallWatch>; 2],
    state: Mutex<CanaryState>,
    /// Notified when it is over.
    over: Condvar,
}

/// Puts the candidate in this file on trial. No instance follows it yet.
pub(crate) fn begin(
    loaded: &Arc<Loaded>,
    file: &Path,
    limits: CallLimits,
    settle: Option<Duration>,
) -> Result<Arc<Trial>, Refusal> {
    in_turn(loaded, (OperationKind::Canary, file), |ready, change| {
        put_on_trial(ready, change, limits, settle)
    })
}

/// Prepares the candidate in this file, in the module's turn, and has it put on trial.
pub(crate) fn in_turn<'a, T>(
    loaded: &'a Arc<Loaded>,
    (kind, file): (OperationKind, &Path),
    put_on_trial: impl FnOnce(Ready<'a>, Change) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let turn = loaded.turn(file)?;
    let together = Together::new();
    let options = UpdateOptions::new();
    let mut ready = prepare(loaded, turn, (kind, file), &options, (None, &together))?;
    let progress = ready.progress.clone();
    let running = loaded.current();
    let begun = match ready.change.take() {
        Some(change) => put_on_trial(ready, change),
        None => Err(same_file(file, running)),
    };
    begun.map_err(|refusal| {
        let refusal = refusal.keeps(&running.version);
        progress.reaches_because(UpdateState::Refused, &refusal);
        refusal
    })
}

/// In the module's turn, which `ready` holds.
fn put_on_trial(
    ready: Ready<'_>,
    change: Change,
    limits: CallLimits,
    settle: Option<Duration>,
) -> Result<Arc<Trial>, Refusal> {
    let Ready {
        loaded,
        turn,
        progress,
        report,
        publications,
        ..
    } = ready;
    let Change {
        running,
        image,
        route: on,
        resources,
        ..
    } = change;
    let back = Plan::back(&image.manifest(), &running.manifest());
    if back.verdict() == Verdict::Refuse {
        let of = (&*image.module, &*image.version);
        return Err(no_way_back(&image.file, of, back.differences));
    }
    let route_back = route(loaded, Way::Back, &back, (image, running))?;
    let uses = &loaded.settings.uses;
    let publishing = uses.publishing();
    // As before an update is published: another module may use it by now, or be used.
    if uses.publications() != publications {
        let mut found =
            uses.differences(&loaded.name, &image.manifest(), &Together::new(), Way::On);
        found.retain(|it| it.rule.refuses());
        if !found.is_empty() {
            return Err(image.unfit(found));
        }
    }
    image.enter_use();
    // Instances follow it at once.
    resources.into_iter().for_each(|it| drop(it.commit()));
    let mut history = loaded.history();
    let generation = history.generation(image);
    let generation = generation.expect("bug in hotmod: a version was made ready without its links");
    let trial = Arc::new_cyclic(|trial: &Weak<Trial>| Trial {
        loaded: Arc::downgrade(loaded),
        track: Arc::new(Track::new(generation)),
        running,
        image,
        route: on.clone(),
        report,
        losses: back.losses().cloned().collect(),
        progress,
        settle,
        watches: [
            Arc::new(CallWatch::new(limits, abort_by_itself(loaded, trial))),
            Arc::new(CallWatch::new(CallLimits::new(), |_| {})),
        ],
        state: Mutex::new(CanaryState::Running),
        over: Condvar::new(),
    });
    // Both ways are added before an instance goes there: it may have to come back at any moment.
    loaded.add_route(&mut history, on);
    loaded.add_route(&mut history, route_back);
    for (image, watch) in trial.watched() {
        history.watch(image, watch.clone());
    }
    history.trial = Some(trial.clone());
    // Calls that an update left behind in that version are in one that new calls enter again.
    let returned = history.left.returns(image);
    drop(history);
    uses.published();
    drop(publishing);
    loaded.drained.notify_all();
    returned
        .iter()
        .for_each(|it| it.reaches(UpdateState::Drained));
    trial.progress.reaches(UpdateState::OnTrial);
    drop(turn);
    Ok(trial)
}

/// Aborts the trial when the candidate exceeds a limit.
fn abort_by_itself(loaded: &Arc<Loaded>, trial: &Weak<Trial>) -> impl Fn(String) + use<> {
    let (loaded, trial) = (Arc::downgrade(loaded), trial.clone());
    move |reason| {
        let Some(loaded) = loaded.upgrade() else {
            return;
        };
        let trial = trial.clone();
        // Not on the thread of the call, which is not to wait for this.
        loaded.settings.later.after(Duration::ZERO, move || {
            if let Some(trial) = trial.upgrade() {
                trial.abort(&reason);
            }
        });
    }
}

impl OnTrial for Trial {
    fn image(&self) -> &'static Image {
        self.image
    }

    fn words(&self) -> TrialWords {
        TrialWords {
            what: "a canary",
            cure: "promote or abort the canary first",
        }
    }

    fn losses(&self) -> &[Difference] {
        &self.losses
    }

    fn leave(&self, history: &mut History) {
        for (image, watch) in self.watched() {
            history.unwatch(image, watch);
        }
        // Instances that followed its track go where new calls go.
        history.join(&self.track);
        history.trial = None;
    }

    fn promoted(&self) {
        self.becomes(CanaryState::Promoted);
    }

    fn abort(&self, reason: &str) {
        self.give_up(reason, EndSettles::Aside);
    }
}

impl Trial {
    /// Takes the instances back.
    pub(crate) fn give_up(&self, reason: &str, settles: EndSettles) {
        let Some(loaded) = self.loaded.upgrade() else {
            return;
        };
        let calls = left_behind::calls();
        let mut history = loaded.history();
        if !self.is_running() {
            return;
        }
        let reason = reason.to_owned();
        // That it is retired is not told before that it was aborted.
        let in_use = InUse::new(&loaded, self.image);
        // All in one locking: a publication comes before it, or finds that the track has joined.
        let stays = loaded.track.current();
        self.track.publish(stays);
        self.leave(&mut history);
        self.becomes(CanaryState::Aborted {
            reason: reason.clone(),
        });
        let published = history.publications;
        let drain = history.left.leave(self.image, &calls, &self.progress);
        history.note_leaving(self.image, &self.progress);
        drop(history);
        self.progress
            .reaches_because(UpdateState::RolledBack, &reason);
        loaded.wakers.ring();
        drop(in_use);
        follow::drain(&loaded, (published, drain), self.progress.clone(), None);
        self.settle((&loaded, stays.image), settles);
    }

    /// Takes instances along to this version, if its end is to pay for that.
    fn settle(
        &self,
        (loaded, image): (&Arc<Loaded>, &'static Image),
        settles: EndSettles,
    ) -> Option<SettleReport> {
        let within = self.settle?;
        let goal = Goal {
            loaded: loaded.clone(),
            image,
            progress: self.progress.clone(),
        };
        match settles {
            EndSettles::Here => settle_and_tell(&[goal], within).pop(),
            EndSettles::Aside => {
                settle_aside(vec![goal], within);
                None
            }
        }
    }

    /// What the share of the instances follows.
    pub(crate) fn track(&self) -> &Arc<Track> {
        &self.track
    }

    /// The watch of the candidate, and that of the version that it may replace.
    pub(crate) fn watches(&self) -> &[Arc<CallWatch>; 2] {
        &self.watches
    }

    fn watched(&self) -> [(&'static Image, &Arc<CallWatch>); 2] {
        let [candidate, running] = &self.watches;
        [(self.image, candidate), (self.running, running)]
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, CanaryState> {
        // The state is replaced whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_running(&self) -> bool {
        *self.state() == CanaryState::Running
    }

    /// Waits until it is over.
    pub(crate) fn wait(&self) -> CanaryState {
        let waited = self
            .over
            .wait_while(self.state(), |state| *state == CanaryState::Running);
        waited.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it is over, and no longer than this.
    pub(crate) fn wait_timeout(&self, time: Duration) -> CanaryState {
        let runs = |state: &mut CanaryState| *state == CanaryState::Running;
        let waited = self.over.wait_timeout_while(self.state(), time, runs);
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Notes what became of it. The caller still has the history locked in which the trial was left.
    fn becomes(&self, state: CanaryState) {
        *self.state() = state;
        self.over.notify_all();
    }

    /// Publishes the candidate to all.
    pub(crate) fn promote(
        &self,
        loaded: &Arc<Loaded>,
        settles: EndSettles,
    ) -> Result<UpdateReport, Refusal> {
        let turn = loaded.turn(&self.image.file)?;
        let calls = left_behind::calls();
        let uses = &loaded.settings.uses;
        let publishing = uses.publishing();
        if let Some(promoted) = self.over(loaded)? {
            return Ok(promoted);
        }
        loaded
            .refuse_while_frozen(&self.image.file)
            .map_err(|refusal| refusal.keeps(&self.running.version))?;
        // Asked and recorded before the history is locked, since the other modules are asked, and callers may wait for it.
        // In the module's turn, none of it changes but that the trial may be aborted.
        let mut unsuited = uses.differences(
            &loaded.name,
            &self.image.manifest(),
            &Together::new(),
            Way::On,
        );
        unsuited.retain(|it| it.rule.refuses());
        let mut history = loaded.history();
        if history.generation(self.image).is_none() {
            // Since the trial began, the host has asked for something that only the running version has.
            let expectations = history.expectations.iter();
            let manifest = self.image.manifest();
            let missing = expectations.flat_map(|it| it.compare(&manifest));
            return Err(self.refuse(loaded, missing.collect()));
        }
        drop(history);
        if !unsuited.is_empty() {
            return Err(self.refuse(loaded, unsuited));
        }
        recorded::runs(&[(loaded, self.image)])
            .map_err(|refusal| refusal.keeps(&self.running.version))?;
        let history = loaded.history();
        if !self.is_running() {
            drop(history);
            recorded::rolls_back(
                &[(loaded, self.running)],
                "it was aborted as it was promoted",
            );
            return self.over(loaded).map(|_| self.published());
        }
        let change = Change {
            running: self.running,
            image: self.image,
            route: self.route.clone(),
            calls,
            // They were committed when the trial began.
            resources: None,
        };
        let publication = Publication {
            loaded,
            change: &change,
            progress: &self.progress,
            promotes: Some(self),
            undoes: None,
        };
        // In the same locking in which the trial was seen to run.
        let published = make_current_in(history, &publication);
        uses.published();
        drop(publishing);
        published.tell(loaded, &self.progress, None);
        drop(turn);
        let mut report = self.published();
        report.settled = self.settle((loaded, self.image), settles);
        Ok(report)
    }

    /// What came of it, if it was promoted. Refuses what is to be done with a candidate that was aborted.
    fn over(&self, loaded: &Loaded) -> Result<Option<UpdateReport>, Refusal> {
        match &*self.state() {
            CanaryState::Running => Ok(None),
            CanaryState::Promoted => Ok(Some(self.published())),
            CanaryState::Aborted { reason } => {
                let help = "begin another one, or use `Module::update`";
                let refusal = self.refuse_as_over(&format!("aborted: {reason}"), help);
                Err(refusal.keeps(&loaded.current().version))
            }
        }
    }

    /// Refuses an abort that comes too late.
    pub(crate) fn refuse_if_promoted(&self) -> Result<(), Refusal> {
        match &*self.state() {
            CanaryState::Promoted => Err(self.refuse_as_over("promoted", "use `Module::rollback`")),
            _ => Ok(()),
        }
    }

    fn published(&self) -> UpdateReport {
        UpdateReport {
            outcome: UpdateOutcome::Published,
            ..self.report.clone()
        }
    }

    /// Promotes the candidate at this time if it still runs, the module is not frozen, and it has had enough calls to be
    /// judged by; if not, looks again later. `unfit` says why instances cannot follow it, if some cannot.
    pub(crate) fn promote_at(
        self: &Arc<Self>,
        loaded: &Arc<Loaded>,
        time: Instant,
        unfit: impl Fn() -> Option<String> + Send + 'static,
    ) {
        let trial = Arc::downgrade(self);
        let delay = time.saturating_duration_since(Instant::now());
        loaded.after(delay, move |loaded| {
            let Some(trial) = trial.upgrade() else { return };
            if !trial.is_running() {
                return;
            }
            if let Some(reason) = unfit() {
                trial.abort(&reason);
            } else if loaded.is_frozen() || !trial.watches[0].is_judged() {
                trial.promote_at(loaded, Instant::now() + delay.clamp(SOON, LATER), unfit);
            } else if let Err(refusal) = trial.promote(loaded, EndSettles::Aside) {
                trial.abort(&refusal.to_string());
            }
        });
    }

    fn refuse(&self, loaded: &Loaded, differences: Vec<Difference>) -> Refusal {
        Refusal::new(&self.image.file, RefusalStage::Compare, differences)
            .of(&self.image.module, &self.image.version)
            .keeps(&loaded.current().version)
    }

    fn refuse_as_over(&self, how: &str, help: &str) -> Refusal {
        let refusal = Refusal::because(
            &self.image.file,
            RefusalStage::Verify,
            Rule::TrialOver,
            Reason {
                what: "the canary",
                expected: "one that runs",
                found: how,
                help,
            },
        );
        refusal.of(&self.image.module, &self.image.version)
    }
}

pub(crate) fn same_file(file: &Path, running: &Image) -> Refusal {
    let refusal = Refusal::because(
        file,
        RefusalStage::Compare,
        Rule::SameFile,
        Reason {
            what: "the candidate",
            expected: "another file than the one that runs",
            found: "the very same",
            help: "build the version that is to be tried",
        },
    );
    refusal.of(&running.module, &running.version)
}

/// The candidate in this file, a version of a module, is one that instances could not be taken back from.
pub(crate) fn no_way_back(
    file: &Path,
    (module, version): (&str, &str),
    mut differences: Vec<Difference>,
) -> Refusal {
    let why = Difference {
        path: "the way back".to_owned(),
        was: "one for the state of every instance, by which an abort takes them back".to_owned(),
        now: "none, because of what follows".to_owned(),
        rule: Rule::NoWayBack,
        help: "allow each, or use `Module::update`, which needs no way back".to_owned(),
    };
    differences.insert(0, why);
    Refusal::new(file, RefusalStage::Compare, differences).of(module, version)
}
