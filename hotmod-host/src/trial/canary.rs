//! Canaries: a candidate that serves a share of a pool's instances before it serves all.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod::describe::Difference;
use hotmod_file::Refusal;

use crate::call::watch::CallCounts;
use crate::module::history::OnTrial;
use crate::module::loaded::Core;
use crate::module::report::UpdateReport;
use crate::trial::trial::{CanaryState, Trial};
use crate::update::rollback::ASKED_FOR;

/// A candidate on trial, begun by [`Pool::canary`](crate::Pool::canary).
///
/// It lasts until it is promoted or aborted, by these methods or by itself: dropping this changes
/// nothing. While it lasts, updates of the module are refused.
#[derive(Clone)]
#[must_use = "a canary lasts until it is promoted or aborted"]
pub struct Canary {
    core: Arc<Core>,
    trial: Arc<Trial>,
    unfit: Unfit,
}

/// Says why instances cannot follow the candidate, if there are any.
pub(crate) type Unfit = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// What was counted of the calls of two versions since a canary began.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CanaryReport {
    /// The calls of the candidate.
    pub candidate: CallCounts,
    /// The calls of the version that it may replace.
    pub running: CallCounts,
}

impl Canary {
    pub(crate) fn new(core: Arc<Core>, trial: Arc<Trial>, unfit: Unfit) -> Self {
        Canary { core, trial, unfit }
    }

    /// The candidate's version.
    pub fn version(&self) -> &str {
        &self.trial.report.to
    }

    /// What became of it so far.
    pub fn state(&self) -> CanaryState {
        self.trial.state().clone()
    }

    /// Waits until it is promoted or aborted, and no longer than this. Returns what became of it:
    /// [`Running`](CanaryState::Running) if it was neither.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use hotmod_host::{Canary, CanaryState};
    ///
    /// fn see(canary: &Canary) -> bool {
    ///     canary.promote_after(Duration::from_secs(600));
    ///     match canary.wait(Duration::from_secs(3600)) {
    ///         CanaryState::Promoted => true,
    ///         CanaryState::Aborted { reason, .. } => {
    ///             eprintln!("{} is aborted: {reason}", canary.version());
    ///             false
    ///         }
    ///         _ => canary.abort().is_err(), // it has had too few calls to be judged by
    ///     }
    /// }
    /// ```
    pub fn wait(&self, within: Duration) -> CanaryState {
        self.trial.wait(within)
    }

    /// What differs between the running version and the candidate: for state, the plan by which
    /// instances are taken there.
    pub fn differences(&self) -> &[Difference] {
        &self.trial.report.differences
    }

    /// What the state of instances would lose on the way back, if it is aborted.
    pub fn losses(&self) -> &[Difference] {
        &self.trial.losses
    }

    /// The calls of both versions since it began, until it was over.
    pub fn counts(&self) -> CanaryReport {
        let [candidate, running] = self.trial.watches();
        CanaryReport {
            candidate: candidate.counts(),
            running: running.counts(),
        }
    }

    /// Publishes the candidate to all: functions and instances, in and outside of the pool.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it was aborted, or if the host has asked for a function or interface
    /// meanwhile that the candidate does not have.
    pub fn promote(&self) -> Result<UpdateReport, Refusal> {
        self.trial.promote(&self.core)
    }

    /// Promotes it by itself after this time, if no limit was exceeded until then. If it has had
    /// fewer calls than [`CallLimits::least`](crate::CallLimits::least), or none, as soon as it has had so
    /// many; if the state of instances does not fit it, it is aborted instead.
    pub fn promote_after(&self, time: Duration) -> &Self {
        let unfit = self.unfit.clone();
        // A time that has no end is never over.
        if let Some(time) = Instant::now().checked_add(time) {
            self.trial.promote_at(&self.core, time, move || unfit());
        }
        self
    }

    /// Has nobody follow the candidate any more. Its instances are taken back to the running
    /// version at their next exclusive use or by the sweeper, by the way back of the plan. Does
    /// nothing if it was aborted before.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it was promoted: then use [`Module::rollback`](crate::Module::rollback).
    pub fn abort(&self) -> Result<(), Refusal> {
        self.trial.abort(ASKED_FOR);
        self.trial.refuse_if_promoted()
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canary")
            .field("module", &self.core.name)
            .field("version", &self.version())
            .field("state", &self.state())
            .finish()
    }
}
