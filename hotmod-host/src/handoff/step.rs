//! How far a handoff is.

use std::fmt;

/// How far a handoff is, as either process sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandoffStep {
    /// The two are connected, and each has seen that the other one lives.
    Met,
    /// The new process has planned for the descriptions, and nothing refuses.
    Planned,
    /// A round has gone over: all instances, or those that changed since the one before.
    #[non_exhaustive]
    Round {
        /// Which, counted from 1.
        number: u32,
        /// How many instances it had.
        instances: u64,
    },
    /// Uses of instances wait in the running process, and the last round goes over.
    Closed,
    /// The new process has everything.
    Ready,
    /// The running process uses no instance any more, and has told the new one to begin.
    Given,
    /// The new process has begun.
    Taken,
}

impl fmt::Display for HandoffStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandoffStep::Met => f.write_str("met"),
            HandoffStep::Planned => f.write_str("planned"),
            HandoffStep::Round { number, instances } => {
                write!(f, "round {number}: {instances} instances")
            }
            HandoffStep::Closed => f.write_str("closed"),
            HandoffStep::Ready => f.write_str("ready"),
            HandoffStep::Given => f.write_str("given"),
            HandoffStep::Taken => f.write_str("taken"),
        }
    }
}
