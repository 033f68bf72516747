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

/// What is expected where two types have one id.
pub(super) const ONE_TYPE: &str = "one type under each id";

/// What is expected where a `Lazy` stands that may not stand there.
pub(super) const UNSHARED: &str = "a `Lazy` that one value owns";
pub(super) const UNKEYED: &str = "keys and elements without a `Lazy`";
pub(super) const SEEN: &str =
    "a type that hotmod can look into, without a `Lazy` in what it cannot";
pub(super) const KEPT: &str = "a signature without a `Lazy`";
pub(super) const NOT_MADE: &str = "an earlier form without a `Lazy`";

/// What to write then.
const OF_LAZY: [(&str, &str); 5] = [
    (
        UNSHARED,
        "a value that follows by itself has one owner: keep it beside the `Arc`, `Rc` or `Weak`, or let \
         the item of that be no `Lazy`",
    ),
    (
        UNKEYED,
        "keys are hashed and compared before it is known whether a value fits: keep the `Lazy` in the \
         map's value",
    ),
    (
        SEEN,
        "values are found by the description of what holds them: let a described type hold the `Lazy`, \
         and not what is `opaque`, or carried over `as` another type",
    ),
    (
        KEPT,
        "a `Lazy` stays in its state: pass the value, or a reference to it",
    ),
    (
        NOT_MADE,
        "a function that goes back makes its values anew, and cannot move a `Lazy`: convert smaller \
         types, so that what holds the `Lazy` goes back by itself",
    ),
];

impl DecodeError {
    /// What to write, where the author of the module can do something about it.
    pub fn help(&self) -> Option<&'static str> {
        let lazy = OF_LAZY
            .iter()
            .find(|(expected, _)| self.expected == *expected);
        let of_lazy = lazy.map(|(_, help)| *help);
        of_lazy.or((self.expected == ONE_TYPE).then_some(
            "an id stands for one type of a module, and is the type's name unless the source gives \
             another: write #[state(id = \"…\")] on one of them",
        ))
    }
}

pub(super) type Result<T> = std::result::Result<T, DecodeError>;
