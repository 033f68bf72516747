//! Calls that are in the way of what an update waits for, as they are reported.

use std::fmt;
use std::time::Duration;

use hotmod::printed::{Line, lines};

/// A call that is still in an old version, or another use of an instance that is at one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Straggler {
    /// The thread's name, or its number for the system; empty if the call is suspended.
    pub thread: String,
    /// The export that runs, as `Game::hello` or `damage`; where no export runs, a word for what does.
    pub export: String,
    /// The version of the module that it runs in.
    pub version: String,
    /// How long it has been running at least: since it was first seen, at the latest when the
    /// update began that left it behind.
    pub age: Duration,
    /// Whether it is a call of an `async` export that waits for something: no thread is in it.
    pub is_suspended: bool,
    /// Whether it was cancelled ([`OnDeadline::Cancel`](crate::OnDeadline::Cancel)), and its caller has neither polled
    /// nor dropped its future since.
    pub is_cancelled: bool,
    /// The import that it awaits; `None` if it waits for something else.
    pub awaits: Option<String>,
    /// The export within which it was called, by its module or by a function of the host that the module had
    /// called; `None` where no module led to it.
    pub within: Option<CallingExport>,
}

/// An export that has led to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallingExport {
    /// The module.
    pub module: String,
    /// Its export, as `Game::hello` or `damage`.
    pub export: String,
    /// The version that it runs in.
    pub version: String,
}

impl fmt::Display for Straggler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let Straggler {
                thread,
                export,
                version,
                age,
                is_suspended,
                is_cancelled,
                awaits,
                within,
            } = self;
            if *is_suspended {
                write!(
                    f,
                    "`{export}` of version {version} is suspended, for {age:?}"
                )?;
                if let Some(import) = awaits {
                    write!(f, ", and awaits `{import}`")?;
                }
                return match is_cancelled {
                    true => write!(
                        f,
                        "; it was cancelled, and its caller has neither polled nor dropped it since"
                    ),
                    false => Ok(()),
                };
            }
            write!(
                f,
                "{}: `{export}` of version {version} runs for {age:?} at least",
                Line(thread)
            )?;
            match within {
                Some(within) => write!(f, ", within {within}"),
                None => Ok(()),
            }
        })
    }
}

impl fmt::Display for CallingExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let CallingExport {
                module,
                export,
                version,
            } = self;
            write!(f, "`{export}` of module `{module}` {version}")
        })
    }
}
