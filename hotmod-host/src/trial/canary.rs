//! Canaries: a candidate that serves a share of a pool's instances before it serves all.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hotmod::describe::Difference;
use hotmod_file::Refusal;

use crate::call::watch::{CallCounts, CallLimits};
use crate::module::history::OnTrial;
use crate::module::loaded::Loaded;
use crate::module::report::UpdateReport;
use crate::trial::trial::{CanaryState, EndSettles, Trial};
use crate::update::rollback::ASKED_FOR;

use super::share::Share;

/// A candidate on trial, begun by [`Pool::canary`](crate::Pool::canary).
///
/// It lasts until it is promoted or aborted, by these methods or by itself. Dropping it and all its
/// clones aborts it, unless it was [detached](Canary::detach). While it lasts, updates of the module are
/// refused.
#[derive(Clone)]
#[must_use = "a canary lasts until it is dropped"]
pub struct Canary(Arc<CanaryHandle>);

/// What all clones of a canary share.
struct CanaryHandle {
    loaded: Arc<Loaded>,
    trial: Arc<Trial>,
    unfit: WhyUnfit,
    /// Whether the trial goes on when this is dropped.
    is_detached: AtomicBool,
}

/// Which instances follow a canary, and when it is aborted by itself.
///
/// # Examples
///
/// ```
/// use hotmod_host::{CallLimits, CanaryOptions};
///
/// let few: CanaryOptions<u64> = CanaryOptions::percent(5).limits(CallLimits::new().panics(0.0));
/// let very_few: CanaryOptions<u64> = CanaryOptions::percent(0.1);
/// let testers = CanaryOptions::matching(|name: &String| name.ends_with("@example.org"));
///
/// assert!(testers.covers(&"ada@example.org".to_owned()));
/// assert_eq!((0..1000).filter(|key| few.covers(key)).count(), 45); // always the same ones
/// ```
#[derive(Clone, Debug)]
pub struct CanaryOptions<K> {
    pub(crate) share: Share<K>,
    pub(crate) limits: CallLimits,
    pub(crate) settle: Option<Duration>,
}

impl<K> CanaryOptions<K> {
    fn new(share: Share<K>) -> Self {
        CanaryOptions {
            share,
            limits: CallLimits::new(),
            settle: None,
        }
    }

    /// This many of a hundred instances, from 0 to 100, chosen by the hash of their key. The same share
    /// always has the same instances, and a greater share has those and others. The hash is the same in
    /// every process, if the key's own [`Hash`] is.
    #[must_use]
    pub fn percent(percent: impl Into<f64>) -> Self {
        CanaryOptions::new(Share::percent(percent))
    }

    /// The instances for whose keys the closure returns `true`. It runs while the instance is held, so it
    /// must not wait for that instance. A key for which it panics does not belong to the share.
    #[must_use]
    pub fn matching(matches: impl Fn(&K) -> bool + Send + Sync + 'static) -> Self {
        CanaryOptions::new(Share::matching(matches))
    }

    /// Has the canary abort by itself when the calls of the candidate exceed these limits. Without this, it
    /// has no limits.
    #[must_use]
    pub fn limits(mut self, limits: CallLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Who pays for the migration of instances when the canary is over: has its end take them along, for no longer than
    /// this, as [`UpdateOptions::settle`](crate::UpdateOptions::settle) does. [`Canary::promote`] and [`Canary::abort`]
    /// do so before they return; where the canary ends by itself, or because it is dropped, a thread is started for it.
    /// An event says what came of it, [`UpdateState::Settled`](crate::UpdateState::Settled).
    #[must_use]
    pub fn settle(mut self, within: Duration) -> Self {
        self.settle = Some(within);
        self
    }

    /// Whether a key belongs to the share, so that an instance under it would follow a canary with these
    /// options. A server can route requests by it, or see which instances a canary would concern.
    pub fn covers(&self, key: &K) -> bool
    where
        K: Hash,
    {
        self.share.covers(key)
    }
}

/// Says why instances cannot follow the candidate, if some cannot.
pub(crate) type WhyUnfit = Arc<dyn Fn() -> Option<String> + Send + Sync>;

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
    pub(crate) fn new(loaded: Arc<Loaded>, trial: Arc<Trial>, unfit: WhyUnfit) -> Self {
        Canary(Arc::new(CanaryHandle {
            loaded,
            trial,
            unfit,
            is_detached: AtomicBool::new(false),
        }))
    }

    /// Has the canary go on when this and its clones are dropped, until it is promoted or aborted by itself
    /// or its pool is dropped. For a canary that is told when to [be promoted](Canary::promote_after).
    pub fn detach(self) {
        // Relaxed: the count of the clones orders this before the drop of the last one.
        self.0.is_detached.store(true, Ordering::Relaxed);
    }

    /// The candidate's version.
    pub fn version(&self) -> &str {
        &self.0.trial.report.to
    }

    /// What became of it so far.
    pub fn state(&self) -> CanaryState {
        self.0.trial.state().clone()
    }

    /// Waits until it is promoted or aborted, and returns which. A canary that has no limits and is
    /// not told when to be promoted may last for ever.
    pub fn wait(&self) -> CanaryState {
        self.0.trial.wait()
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
    ///     match canary.wait_timeout(Duration::from_secs(3600)) {
    ///         CanaryState::Promoted => true,
    ///         CanaryState::Aborted { reason, .. } => {
    ///             eprintln!("{} is aborted: {reason}", canary.version());
    ///             false
    ///         }
    ///         _ => canary.abort().is_err(), // it has had too few calls to be judged by
    ///     }
    /// }
    /// ```
    pub fn wait_timeout(&self, time: Duration) -> CanaryState {
        self.0.trial.wait_timeout(time)
    }

    /// What differs between the running version and the candidate: for state, the plan by which
    /// instances are taken there.
    pub fn differences(&self) -> &[Difference] {
        &self.0.trial.report.differences
    }

    /// What the state of instances would lose on the way back, if it is aborted.
    pub fn losses(&self) -> &[Difference] {
        &self.0.trial.losses
    }

    /// The calls of both versions since it began, until it was over.
    pub fn report(&self) -> CanaryReport {
        let [candidate, running] = self.0.trial.watches();
        CanaryReport {
            candidate: candidate.counts(),
            running: running.counts(),
        }
    }

    /// Publishes the candidate to all: functions and instances, in and outside of the pool.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it was aborted, if the module is [frozen](crate::Module::freeze), or if the host has asked for a
    /// function or interface meanwhile that the candidate does not have.
    pub fn promote(&self) -> Result<UpdateReport, Refusal> {
        self.0.trial.promote(&self.0.loaded, EndSettles::Here)
    }

    /// Has the candidate promoted after this time, if no limit was exceeded until then. If it has had no
    /// call by then, or fewer than [`CallLimits::least`](crate::CallLimits::least), it is promoted once it
    /// has had enough; and where the module is [frozen](crate::Module::freeze), once that is over. If the state of an instance does not fit it, it is aborted instead.
    pub fn promote_after(&self, time: Duration) -> &Self {
        let unfit = self.0.unfit.clone();
        // It never comes to that, if the time is longer than an `Instant` can hold.
        if let Some(time) = Instant::now().checked_add(time) {
            self.0
                .trial
                .promote_at(&self.0.loaded, time, move || unfit());
        }
        self
    }

    /// Ends the canary: no instance follows the candidate any more. At their next exclusive use, or when
    /// the sweeper reaches them, its instances are taken back to the running version, by the way back of
    /// the plan. Does nothing if the canary was aborted before.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it was promoted: then use [`Module::rollback`](crate::Module::rollback).
    pub fn abort(&self) -> Result<(), Refusal> {
        self.0.trial.give_up(ASKED_FOR, EndSettles::Here);
        self.0.trial.refuse_if_promoted()
    }
}

impl Drop for CanaryHandle {
    fn drop(&mut self) {
        // Relaxed: this is the last clone, and their count orders it after a store by another one.
        if !self.is_detached.load(Ordering::Relaxed) {
            self.trial.abort("the canary was dropped");
        }
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canary")
            .field("module", &self.0.loaded.name)
            .field("version", &self.version())
            .field("state", &self.state())
            .finish()
    }
}
