//! Why a state could not be converted, and where in it.

use std::fmt;

use hotmod::printed::lines;

/// A value that the plan does not fit. One pointer: it stands in the result of every step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    /// The way to the value, innermost first.
    path: Vec<String>,
    reason: String,
}

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Failure(Box::new(Inner {
            path: Vec::new(),
            reason: reason.into(),
        }))
    }

    /// The same, one step further out.
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
