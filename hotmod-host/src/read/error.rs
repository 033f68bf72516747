//! Why a live value is not shown.

use std::error::Error;
use std::fmt;

use hotmod::codes::{self, Code, coded};
use hotmod_file::live::path::MalformedPath;
use hotmod_file::told;

use crate::pool::error::PoolError;

/// Why a live value is not shown. The state is as it was.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InspectError {
    /// The path is not one.
    #[non_exhaustive]
    Path {
        /// The path.
        path: String,
        /// Where in it, in bytes from its beginning.
        at: usize,
        /// What would have to stand there.
        expected: &'static str,
    },
    /// The path leads to something that is not there.
    #[non_exhaustive]
    NotThere {
        /// The state's type.
        state: String,
        /// As far as the path leads, from the state on.
        path: String,
        /// What was looked for in that.
        wanted: String,
        /// What is there.
        found: String,
    },
    /// What the path leads to, or through, is in use by a thread, or may not be looked into.
    #[non_exhaustive]
    NotShown {
        /// The state's type.
        state: String,
        /// As far as the path leads, from the state on.
        path: String,
        /// Why.
        reason: String,
    },
    /// The container that a cursor leads into has changed, so that it leads nowhere.
    #[non_exhaustive]
    Changed {
        /// The path of the container.
        path: String,
        /// How many items it had.
        was: usize,
        /// How many it has.
        now: usize,
    },
    /// The pool has no such instance, or this thread uses it.
    Pool(PoolError),
}

impl fmt::Display for InspectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What another error says has the code of that one.
        let is_own = !matches!(self, InspectError::Path { .. } | InspectError::Pool(_));
        coded(f, is_own.then(|| self.code()), |f| match self {
            InspectError::Path { path, at, expected } => MalformedPath {
                path: path.clone(),
                at: *at,
                expected,
            }
            .fmt(f),
            InspectError::NotThere {
                state,
                path,
                wanted,
                found,
            } => write!(f, "{state}{path} has no {wanted}: {found}"),
            InspectError::NotShown {
                state,
                path,
                reason,
            } => write!(f, "{state}{path} is not shown: {reason}"),
            InspectError::Changed { path, was, now } => {
                write!(f, "the cursor into `{path}` leads nowhere: ")?;
                match was == now {
                    true => f.write_str("other items are in it than were")?,
                    false => write!(f, "it had {was} items and has {now}")?,
                }
                f.write_str("\n  help: begin anew without a cursor")
            }
            InspectError::Pool(error) => error.fmt(f),
        })
    }
}

/// The message and its causes, since a `main` that returns the error prints its `Debug`.
impl fmt::Debug for InspectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl InspectError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            InspectError::Path { .. } => codes::PATH_MALFORMED,
            InspectError::NotThere { .. } => codes::NOT_THERE,
            InspectError::NotShown { .. } => codes::NOT_SHOWN,
            InspectError::Changed { .. } => codes::CHANGED,
            InspectError::Pool(error) => error.code(),
        }
    }
}

impl Error for InspectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            InspectError::Pool(error) => Some(error),
            _ => None,
        }
    }
}

impl From<MalformedPath> for InspectError {
    fn from(malformed: MalformedPath) -> Self {
        let MalformedPath { path, at, expected } = malformed;
        InspectError::Path { path, at, expected }
    }
}

impl From<PoolError> for InspectError {
    fn from(error: PoolError) -> Self {
        InspectError::Pool(error)
    }
}
