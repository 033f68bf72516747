//! Why a state could not be converted, and where in it.

use std::error::Error;
use std::fmt;

use hotmod::describe::Type;
use hotmod::printed::lines;
use hotmod_file::told;

use crate::image::image::Image;

/// A value does not fit the plan. Boxed, since the result of every step holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    /// The way to the value, innermost first.
    path: Vec<String>,
    reason: String,
    /// Whether the same value may fit at another time.
    is_for_now: bool,
}

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Failure(Box::new(Inner {
            path: Vec::new(),
            reason: reason.into(),
            is_for_now: false,
        }))
    }

    /// The same value may fit at another time: memory is short, or something else owns a part of it.
    pub(crate) fn for_now(reason: impl Into<String>) -> Self {
        let mut failure = Failure::new(reason);
        failure.0.is_for_now = true;
        failure
    }

    /// Whether the same value may fit at another time.
    pub(crate) fn is_for_now(&self) -> bool {
        self.0.is_for_now
    }

    /// The same failure, one step further out.
    pub(crate) fn within(mut self, step: String) -> Self {
        self.0.path.push(step);
        self
    }

    /// The way from the state to the value: `players[3].gold`.
    pub(crate) fn path(&self) -> String {
        self.0.path.iter().rev().map(String::as_str).collect()
    }

    pub(crate) fn reason(&self) -> &str {
        &self.0.reason
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| write!(f, "{}: {}", self.path(), self.reason()))
    }
}

/// A state did not fit the plan. It stays unchanged at its version.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrateError {
    /// The way to the value: `World.players[3].gold`.
    pub path: String,
    /// Why it does not fit.
    pub reason: String,
    /// The version that the state is at.
    pub from: String,
    /// The version that it was to be taken to.
    pub to: String,
}

impl MigrateError {
    pub(crate) fn new(state: &Type, failure: &Failure, from: &Image, to: &Image) -> Self {
        MigrateError {
            path: format!("{state}{}", failure.path()),
            reason: failure.reason().to_owned(),
            from: from.version.clone(),
            to: to.version.clone(),
        }
    }
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let MigrateError {
                path,
                reason,
                from,
                to,
            } = self;
            write!(
                f,
                "state stays at {from}, and is not migrated to {to}: {path}: {reason}"
            )
        })
    }
}

/// Prints the error and its causes, since a `main` that returns an error prints its `Debug` form.
impl fmt::Debug for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl Error for MigrateError {}
