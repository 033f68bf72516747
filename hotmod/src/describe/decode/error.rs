//! What is wrong with bytes that are not a valid manifest.

use std::fmt;

use crate::printed::lines;

/// What is wrong with a manifest.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// Where: `record 3 (type World), field gold`.
    pub location: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let DecodeError {
                location,
                expected,
                found,
            } = self;
            write!(f, "{location}: expected {expected}, found {found}")
        })
    }
}

/// As [`Display`](fmt::Display), since a `main` that returns the error prints it by `Debug`.
impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for DecodeError {}

/// What is expected in the one error that the author of the module can do something about.
pub(super) const ONE_TYPE: &str = "one type under each id";

impl DecodeError {
    /// What to write, where the author of the module can do something about it.
    pub fn help(&self) -> Option<&'static str> {
        (self.expected == ONE_TYPE).then_some(
            "an id stands for one type of a module, and is the type's name unless the source gives \
             another: write #[state(id = \"…\")] on one of them",
        )
    }
}

pub(super) type Result<T> = std::result::Result<T, DecodeError>;
