//! Why a handoff came to nothing.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use hotmod::codes::{self, Code, coded};
use hotmod::printed::Line;
use hotmod_file::{SnapshotError, told};

use crate::snapshot::error::{RestoreError, SaveError};

/// Why a handoff came to nothing. The process that runs serves as if there had been none.
#[derive(Clone)]
#[non_exhaustive]
pub enum HandoffError {
    /// An instance cannot be written, or uses of instances did not end.
    Save(SaveError),
    /// The states cannot become those of the new process, with what to write so that they can.
    Restore(RestoreError),
    /// A state does not fit.
    #[non_exhaustive]
    Unfit {
        /// The name of the pool.
        name: String,
        /// Which one, and why.
        reason: String,
    },
    /// Instances of the running process would be lost: the new one did nothing with them.
    #[non_exhaustive]
    Untaken {
        /// The name of their pool, or of the shared instance.
        name: String,
        /// How many there are.
        instances: usize,
    },
    /// The other process gave it up, and says why.
    #[non_exhaustive]
    GivenUp {
        /// What it says.
        reason: String,
    },
    /// The other process has ended, or is no longer heard of.
    #[non_exhaustive]
    Lost {
        /// How far it was.
        step: String,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// What the other process says is not what it should.
    #[non_exhaustive]
    Garbled {
        /// What was expected, and found.
        reason: String,
    },
    /// The socket cannot be made or reached.
    Io(Arc<io::Error>),
}

impl From<SaveError> for HandoffError {
    fn from(error: SaveError) -> Self {
        HandoffError::Save(error)
    }
}

impl From<RestoreError> for HandoffError {
    fn from(error: RestoreError) -> Self {
        HandoffError::Restore(error)
    }
}

impl From<SnapshotError> for HandoffError {
    fn from(error: SnapshotError) -> Self {
        HandoffError::Garbled {
            reason: error.to_string(),
        }
    }
}

impl From<io::Error> for HandoffError {
    fn from(error: io::Error) -> Self {
        HandoffError::Io(Arc::new(error))
    }
}

impl fmt::Display for HandoffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What another error says has the code of that one.
        let is_own = !matches!(self, HandoffError::Save(_) | HandoffError::Restore(_));
        coded(f, is_own.then(|| self.code()), |f| match self {
            HandoffError::Save(error) => write!(f, "nothing is handed over: {error}"),
            HandoffError::Restore(error) => write!(f, "nothing is handed over: {error}"),
            HandoffError::Unfit { name, reason } => write!(
                f,
                "nothing is handed over: `{}`: {reason}\n  help: let the new process have a version of the module that \
                 this state becomes one of",
                Line(name)
            ),
            HandoffError::Untaken { name, instances } => write!(
                f,
                "nothing is handed over: instances of `{0}` would be lost, of which the running process has {instances}\n  help: \
                 have `Handoff::pool` take it, or restore all of it in `take_over`, and keep what does not fit by \
                 `RestoreReport::keep_unfit`; if it may end with the running process, say so by `leave_behind(\"{0}\")`",
                Line(name)
            ),
            HandoffError::GivenUp { reason } => {
                write!(f, "the other process gave the handoff up: {reason}")
            }
            HandoffError::Lost { step, error } => {
                write!(f, "the other process was lost, {step}: {error}")
            }
            HandoffError::Garbled { reason } => {
                write!(f, "what the other process says is no handoff: {reason}")
            }
            HandoffError::Io(error) => write!(f, "the socket for the handoff: {error}"),
        })
    }
}

/// Prints the error and its causes, since a `main` that returns an error prints its `Debug` form.
impl fmt::Debug for HandoffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl HandoffError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            HandoffError::Save(error) => error.code(),
            HandoffError::Restore(error) => error.code(),
            HandoffError::Unfit { .. } => codes::STATE_UNFIT,
            HandoffError::Untaken { .. } => codes::HANDOFF_INCOMPLETE,
            HandoffError::GivenUp { .. } => codes::HANDOFF_GIVEN_UP,
            HandoffError::Lost { .. } => codes::HANDOFF_LOST,
            HandoffError::Garbled { .. } => codes::HANDOFF_GARBLED,
            HandoffError::Io(_) => codes::HANDOFF_SOCKET,
        }
    }
}

impl Error for HandoffError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            HandoffError::Io(error) | HandoffError::Lost { error, .. } => Some(&**error),
            _ => None,
        }
    }
}
