//! Shadows: a candidate whose pure functions are run beside those of the running version, to see
//! whether it would return the same.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hotmod::describe::{Difference, Rule};
use hotmod::printed::lines;
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::call::mirror::{Mirror, ShadowOptions, ShadowReport};
use crate::call::slot::Doing;
use crate::call::suspended;
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::journal::recovery::OperationKind;
use crate::module::history::{History, OnTrial, TrialWords};
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::report::UpdateReport;
use crate::module::retire::InUse;
use crate::trial::trial::in_turn;
use crate::update::publish::Change;
use crate::update::update::Ready;

/// A candidate that is compared with the running version, begun by
/// [`Module::shadow`](crate::Module::shadow).
///
/// It lasts until it is aborted, by [`abort`](Shadow::abort) or by a rollback. Dropping it and all its
/// clones aborts it, unless it was [detached](Shadow::detach). While it lasts, updates of the module are
/// refused.
#[derive(Clone)]
#[must_use = "a shadow lasts until it is dropped"]
pub struct Shadow(Arc<ShadowHandle>);

/// What all clones of a shadow share.
struct ShadowHandle {
    loaded: Arc<Loaded>,
    trial: Arc<Shadowing>,
    /// Whether the trial goes on when this is dropped.
    is_detached: AtomicBool,
}

/// Whether a shadow lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShadowState {
    /// Calls are compared.
    Running,
    /// No call that begins is compared any more.
    #[non_exhaustive]
    Aborted {
        /// Why.
        reason: String,
    },
}

impl<I: ?Sized> Module<I> {
    /// Runs the version in this file beside the running one, without putting it into use: it is
    /// inspected, verified, compared, staged and loaded as for an update, and then a sample of the
    /// calls of functions that both versions mark
    /// [`#[hotmod::export(pure)]`](macro@hotmod::export#pure-functions) is run in it too, on copies of
    /// the arguments, and compared.
    ///
    /// That is done on the caller's thread, right before the call itself, so a call of the sample takes as
    /// long as both together; an `async fn` is awaited in the candidate, and then in the running version. Callers get what the running version returned; only [`Shadow::report`] tells
    /// of the candidate's results. Without a shadow, calls cost nothing more.
    ///
    /// A panic of the new version counts as a difference. Code that ends the process, by an abort or a
    /// stack that overflows, ends it here too: a shadow trusts the code not to, and asks whether its
    /// results are right.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with everything that stands in the way of an update, or if the file is the one that
    /// runs, if no function is pure in both versions, or if another candidate of the module is on
    /// trial.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::{Host, ShadowOptions};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().build()?;
    /// let shop = host.load_untyped("libshop.so")?;
    /// let shadow = shop.shadow("libshop-next.so", ShadowOptions::every(100))?;
    /// // The server goes on; some time later:
    /// let report = shadow.abort();
    /// println!("{report}");
    /// if report.compared > 0 && report.differing == 0 {
    ///     shop.update("libshop-next.so")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn shadow(&self, file: impl AsRef<Path>, sample: ShadowOptions) -> Result<Shadow, Refusal> {
        let trial = begin(self.loaded(), file.as_ref(), sample)?;
        Ok(Shadow(Arc::new(ShadowHandle {
            loaded: self.loaded().clone(),
            trial,
            is_detached: AtomicBool::new(false),
        })))
    }
}

impl Shadow {
    /// Has the shadow go on when this and its clones are dropped, until a rollback ends it or the module is
    /// dropped.
    pub fn detach(self) {
        // Relaxed: the count of the clones orders this before the drop of the last one.
        self.0.is_detached.store(true, Ordering::Relaxed);
    }

    /// The candidate's version.
    pub fn version(&self) -> &str {
        &self.0.trial.report.to
    }

    /// Whether it runs or was aborted.
    pub fn state(&self) -> ShadowState {
        self.0.trial.state().clone()
    }

    /// The functions whose calls are compared: those that both versions have as pure ones.
    pub fn exports(&self) -> impl Iterator<Item = &str> {
        self.0.trial.mirror.exports()
    }

    /// What differs between the running version and the candidate: for state, the plan by which an
    /// update would migrate it.
    pub fn differences(&self) -> &[Difference] {
        &self.0.trial.report.differences
    }

    /// How many calls were compared so far, and what differed.
    pub fn report(&self) -> ShadowReport {
        self.0.trial.mirror.report()
    }

    /// Ends the shadow, and returns its report. Calls that are being compared finish as they would have,
    /// and may still be added to a later [`report`](Shadow::report). What was loaded stays loaded, and an
    /// update to the same file does not load it again.
    pub fn abort(&self) -> ShadowReport {
        self.0.trial.abort("it was asked for");
        self.report()
    }
}

impl Drop for ShadowHandle {
    fn drop(&mut self) {
        // Relaxed: this is the last clone, and their count orders it after a store by another one.
        if !self.is_detached.load(Ordering::Relaxed) {
            self.trial.abort("the shadow was dropped");
        }
    }
}

impl fmt::Debug for Shadow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shadow")
            .field("module", &self.0.loaded.name)
            .field("version", &self.version())
            .field("state", &self.state())
            .finish()
    }
}

impl fmt::Display for ShadowState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match self {
            ShadowState::Running => f.write_str("running"),
            ShadowState::Aborted { reason } => write!(f, "aborted: {reason}"),
        })
    }
}

/// A candidate that is compared with what runs, and whether it still is. Its state changes only
/// while the history is locked.
struct Shadowing {
    /// Weak, because the module's history holds this as long as the shadow runs.
    loaded: Weak<Loaded>,
    running: &'static Image,
    image: &'static Image,
    report: UpdateReport,
    mirror: Arc<Mirror>,
    progress: Progress,
    state: Mutex<ShadowState>,
}

/// Has calls compared with those of the candidate in this file.
fn begin(
    loaded: &Arc<Loaded>,
    file: &Path,
    sample: ShadowOptions,
) -> Result<Arc<Shadowing>, Refusal> {
    let what = (OperationKind::Shadow, file);
    in_turn(loaded, what, |ready, change| shadow(ready, change, sample))
}

/// In the module's turn, which `ready` holds.
fn shadow(
    ready: Ready<'_>,
    change: Change,
    sample: ShadowOptions,
) -> Result<Arc<Shadowing>, Refusal> {
    let Ready {
        loaded,
        turn,
        progress,
        report,
        ..
    } = ready;
    let Change {
        running,
        image,
        resources,
        ..
    } = change;
    // The signatures of these functions were compared before, with all else that an update compares.
    let mirror = Mirror::new(sample, &running.exports(), &image.exports());
    if mirror.is_empty() {
        return Err(nothing_pure(running, image));
    }
    image.revive();
    // What it is compared by is what it would read.
    resources.into_iter().for_each(|it| drop(it.commit()));
    let shadowing = Arc::new(Shadowing {
        loaded: Arc::downgrade(loaded),
        running,
        image,
        report,
        mirror: Arc::new(mirror),
        progress,
        state: Mutex::new(ShadowState::Running),
    });
    let mut history = loaded.history();
    history.mirror(running, Some(shadowing.mirror.clone()));
    history.trial = Some(shadowing.clone());
    drop(history);
    shadowing.progress.reaches(UpdateState::OnTrial);
    drop(turn);
    Ok(shadowing)
}

impl Shadowing {
    fn state(&self) -> MutexGuard<'_, ShadowState> {
        // The state is replaced whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnTrial for Shadowing {
    fn image(&self) -> &'static Image {
        self.image
    }

    fn words(&self) -> TrialWords {
        TrialWords {
            what: "a shadow",
            cure: "abort the shadow first",
        }
    }

    fn leave(&self, history: &mut History) {
        history.mirror(self.running, None);
        history.trial = None;
    }

    fn abort(&self, reason: &str) {
        let Some(loaded) = self.loaded.upgrade() else {
            return;
        };
        let mut history = loaded.history();
        if *self.state() != ShadowState::Running {
            return;
        }
        // That it is retired is not told before that it was aborted.
        let in_use = InUse::new(&loaded, self.image);
        self.leave(&mut history);
        *self.state() = ShadowState::Aborted {
            reason: reason.to_owned(),
        };
        history.note_leaving(self.image, &self.progress);
        drop(history);
        // No caller waits for the candidate any more.
        suspended::cancel(self.running, |doing| doing == Doing::Trial);
        self.progress
            .reaches_because(UpdateState::RolledBack, &reason);
        drop(in_use);
    }
}

fn nothing_pure(running: &Image, image: &Image) -> Refusal {
    let refusal = Refusal::because(
        &image.file,
        RefusalStage::Compare,
        Rule::NothingPure,
        Reason {
            what: "the exports",
            expected: &format!("a function that is pure here and in {}", running.version),
            found: "none",
            help: "mark functions that only return a value with `#[hotmod::export(pure)]`",
        },
    );
    refusal.of(&image.module, &image.version)
}
