//! What became of stopping.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hotmod::printed::{Line, lines};

use crate::module::straggler::Straggler;

/// What became of stopping a host in order, by [`Stopping::finish`](crate::Stopping::finish).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StopReport {
    /// The signal that asked for it, as the system numbers it; `None` if the server did, by
    /// [`Signals::stop`](crate::Signals::stop).
    pub signal: Option<i32>,
    /// Updates that were asked for and had not begun.
    pub given_up: Vec<GivenUp>,
    /// What went on when the deadline came. Nothing, if all has ended.
    pub unfinished: Vec<Unfinished>,
    /// How long it took since the signal.
    pub took: Duration,
}

/// An update that was asked for and is not carried out, since the server stops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GivenUp {
    /// The module.
    pub module: String,
    /// The file that it was to be updated to.
    pub file: PathBuf,
}

/// What had not ended when the deadline came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfinished {
    /// The watch of a directory, with an update that it has asked for, or what it tells of one.
    #[non_exhaustive]
    Watch {
        /// The directory.
        directory: PathBuf,
    },
    /// An update of a module.
    #[non_exhaustive]
    Update {
        /// The module.
        module: String,
    },
    /// A function of a module that is called again and again.
    #[non_exhaustive]
    Timer {
        /// The module.
        module: String,
    },
    /// A function of a module that runs from version to version, and that was told to stop.
    #[non_exhaustive]
    Task {
        /// The module.
        module: String,
        /// The function.
        task: String,
    },
    /// A call in an old version of a module.
    #[non_exhaustive]
    Call {
        /// The module.
        module: String,
        /// The call.
        straggler: Straggler,
    },
}

impl StopReport {
    /// Whether all ended by the deadline.
    pub fn is_complete(&self) -> bool {
        self.unfinished.is_empty()
    }
}

impl fmt::Display for StopReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let by = self.signal.and_then(signal_hook::low_level::signal_name);
            let by = by.unwrap_or("the server");
            match self.is_complete() {
                true => write!(f, "stopped by {by} in {:?}", self.took)?,
                false => write!(f, "stopped by {by}, not complete after {:?}", self.took)?,
            }
            for given_up in &self.given_up {
                write!(f, "\n  {given_up}")?;
            }
            for unfinished in &self.unfinished {
                write!(f, "\n  {unfinished}")?;
            }
            Ok(())
        })
    }
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let (module, file) = (&self.module, Line(self.file.display()));
            write!(
                f,
                "the update of `{module}` to {file} had not begun and is given up"
            )
        })
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match self {
            Unfinished::Watch { directory } => {
                write!(f, "the watch of {} goes on", Line(directory.display()))
            }
            Unfinished::Update { module } => write!(f, "an update of `{module}` goes on"),
            Unfinished::Timer { module } => {
                write!(
                    f,
                    "a function of `{module}` marked `#[hotmod::every]` goes on"
                )
            }
            Unfinished::Task { module, task } => {
                write!(f, "task `{task}` of `{module}` has not stopped")
            }
            Unfinished::Call { module, straggler } => write!(f, "`{module}`, {straggler}"),
        })
    }
}
