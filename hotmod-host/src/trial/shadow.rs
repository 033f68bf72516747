//! Shadows: a candidate whose pure functions are run beside those of the running version, to see
//! whether it would return the same.

use std::fmt;
use std::sync::Arc;

use hotmod::Location;
use hotmod::describe::Difference;
use hotmod::printed::lines;

use crate::module::loaded::Core;
use crate::update::update::{OnTrial, Shadowing};

pub(crate) use crate::call::mirror::Mirror;

/// A candidate that is compared with the running version, begun by
/// [`Module::shadow`](crate::Module::shadow).
///
/// It lasts until it is stopped, or this and all its clones are dropped and nobody could read its
/// report. While it lasts, updates of the module are refused. A rollback ends it.
#[derive(Clone)]
#[must_use = "a shadow lasts until it is dropped"]
pub struct Shadow(Arc<Held>);

/// What all clones of a handle share.
struct Held {
    core: Arc<Core>,
    trial: Arc<Shadowing>,
}

/// Which calls are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShadowOptions {
    every: u64,
}

impl ShadowOptions {
    /// One of so many calls, counted for each function by itself, over all threads: its first, and
    /// then every so-manieth after that. 1, and 0 too, is all of them.
    #[must_use]
    pub fn every(calls: u64) -> Self {
        ShadowOptions {
            every: calls.max(1),
        }
    }

    /// Whether a call belongs to the sample, by how many there were before it.
    pub(crate) fn covers(self, before: u64) -> bool {
        before.is_multiple_of(self.every)
    }
}

/// Whether a shadow lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShadowState {
    /// Calls are compared.
    Running,
    /// No call that begins is compared any more.
    #[non_exhaustive]
    Stopped {
        /// Why.
        reason: String,
    },
}

/// What a shadow has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowReport {
    /// The calls of functions that both versions have as pure ones.
    pub calls: u64,
    /// Those of them that were run in both versions and compared.
    pub compared: u64,
    /// Those of them that came to something else in the candidate.
    pub differing: u64,
    /// The first 16 of these of each function.
    pub differences: Vec<ShadowDifference>,
}

/// A call that came to something else in the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowDifference {
    /// The function.
    pub export: String,
    /// Its arguments, as `{:?}` writes them: `base: 9, armour: 4`.
    pub arguments: String,
    /// What it came to in the running version, and the caller got.
    pub running: ShadowOutcome,
    /// What it came to in the candidate.
    pub candidate: ShadowOutcome,
}

/// What a call came to. Of a text of more than 4 KiB, this is so much around the place where the
/// other version's is another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShadowOutcome {
    /// It returned this, as `{:?}` writes it.
    Returned(String),
    /// The function panicked. Versions are compared by the message.
    #[non_exhaustive]
    Panicked {
        /// What the panic said.
        message: String,
        /// Where it was raised.
        location: Option<Location>,
    },
    /// What the function returned could not be shown, or its arguments not be copied or shown: their
    /// `Clone` or `Debug` panicked.
    #[non_exhaustive]
    Unshown {
        /// What the panic said.
        message: String,
        /// Where it was raised.
        location: Option<Location>,
    },
}

impl Shadow {
    pub(crate) fn new(core: Arc<Core>, trial: Arc<Shadowing>) -> Self {
        Shadow(Arc::new(Held { core, trial }))
    }

    /// The candidate's version.
    pub fn version(&self) -> &str {
        &self.0.trial.report.to
    }

    /// Whether it lasts.
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

    /// What it has come to so far.
    pub fn report(&self) -> ShadowReport {
        self.0.trial.mirror.report()
    }

    /// Ends it, and returns what it has come to. Calls that began before finish as they would have,
    /// and may still be added to a later [`report`](Shadow::report). What was loaded stays loaded, and
    /// an update to the same file does not load it again.
    pub fn stop(&self) -> ShadowReport {
        self.0.trial.abort(&self.0.core, "the shadow was stopped");
        self.report()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.trial.abort(&self.core, "the shadow was dropped");
    }
}

impl fmt::Debug for Shadow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shadow")
            .field("module", &self.0.core.name)
            .field("version", &self.version())
            .field("state", &self.state())
            .finish()
    }
}

impl fmt::Display for ShadowState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match self {
            ShadowState::Running => f.write_str("running"),
            ShadowState::Stopped { reason } => write!(f, "stopped: {reason}"),
        })
    }
}

impl fmt::Display for ShadowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let ShadowReport {
                calls,
                compared,
                differing,
                differences,
            } = self;
            write!(
                f,
                "{compared} of {calls} calls compared, {differing} differ"
            )?;
            let mut differences = differences.iter();
            differences.try_for_each(|difference| write!(f, "\n  {difference}"))
        })
    }
}

impl fmt::Display for ShadowDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let ShadowDifference {
                export,
                arguments,
                running,
                candidate,
            } = self;
            write!(
                f,
                "{export}({arguments}): {running}; the candidate {candidate}"
            )
        })
    }
}

impl fmt::Display for ShadowOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let (what, message, location) = match self {
                ShadowOutcome::Returned(text) => return write!(f, "returned {text}"),
                ShadowOutcome::Panicked { message, location } => ("panicked", message, location),
                ShadowOutcome::Unshown { message, location } => {
                    ("could not be shown: panicked", message, location)
                }
            };
            f.write_str(what)?;
            if let Some(location) = location {
                write!(f, " at {location}")?;
            }
            write!(f, ": {message}")
        })
    }
}
