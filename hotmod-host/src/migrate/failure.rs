//! Why a state could not be converted, and where in it.

use std::error::Error;
use std::fmt;

use hotmod::codes::{self, Code, coded};
use hotmod::describe::{Attribute, Field, Type};
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

    /// The same failure, one step further out. Of what is secret, it says no value.
    pub(crate) fn within_step(self, step: &PathStep) -> Self {
        let mut failure = self.within(step.text.clone());
        if step.is_secret {
            failure.0.reason = SECRET.to_owned();
        }
        failure
    }

    /// The way from the state to the value: `players[3].gold`.
    pub(crate) fn path(&self) -> String {
        self.0.path.iter().rev().map(String::as_str).collect()
    }

    pub(crate) fn reason(&self) -> &str {
        &self.0.reason
    }
}

/// What a failure says instead of a value that is secret.
const SECRET: &str = "what it holds does not fit, and is not told: it is marked #[state(secret)]";

/// A step of the way to a value.
#[derive(Clone, Debug)]
pub(crate) struct PathStep {
    text: String,
    /// Whether what is there is kept out of messages.
    is_secret: bool,
}

impl PathStep {
    /// Into a part that no attribute says anything of.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        PathStep {
            text: text.into(),
            is_secret: false,
        }
    }

    /// Into what is one field in the old value, in the new one or in both.
    pub(crate) fn into_field(text: String, forms: [Option<&Field>; 2]) -> Self {
        let is_secret = |field: &Field| field.attributes.contains(&Attribute::Secret);
        PathStep {
            text,
            is_secret: forms.into_iter().flatten().any(is_secret),
        }
    }

    /// This one, and then another.
    pub(crate) fn then(&self, step: &PathStep) -> Self {
        PathStep {
            text: format!("{}{}", self.text, step.text),
            is_secret: self.is_secret || step.is_secret,
        }
    }
}

impl fmt::Display for PathStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
        coded(f, codes::STATE_UNFIT, |f| {
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

impl MigrateError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        codes::STATE_UNFIT
    }
}

impl Error for MigrateError {}
