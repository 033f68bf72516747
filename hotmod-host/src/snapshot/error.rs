//! Why states were not written down, or not built again.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use hotmod::codes::{self, Code, coded};
use hotmod::describe::{Difference, Rule};
use hotmod::printed::Line;
use hotmod_file::{SnapshotError, list, told};

/// Why a snapshot was not made. There is no file then, or the one that was there.
#[derive(Clone)]
#[non_exhaustive]
pub enum SaveError {
    /// Something cannot be written down.
    #[non_exhaustive]
    Unwritable {
        /// The name of the pool or instance.
        name: String,
        /// The way to the part that cannot be written.
        path: String,
        /// Why not.
        reason: String,
        /// What to write so that it can be.
        help: &'static str,
    },
    /// This thread uses one of the instances already.
    #[non_exhaustive]
    InUseByThisThread {
        /// The name of the pool or instance.
        name: String,
    },
    /// There was no moment between the closures that use instances, for longer than was to be waited.
    #[non_exhaustive]
    InUse {
        /// The name of the pool or instance that was in use.
        name: String,
    },
    /// The copy of the process that was to write it has not.
    #[non_exhaustive]
    Copy {
        /// How that ended, and what it said.
        how: String,
    },
    /// The system does not let it be written.
    Io(Arc<io::Error>),
}

impl From<io::Error> for SaveError {
    fn from(error: io::Error) -> Self {
        SaveError::Io(Arc::new(error))
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.code(), |f| match self {
            SaveError::Unwritable {
                name,
                path,
                reason,
                help,
            } => {
                let (name, path) = (Line(name), Line(path));
                write!(
                    f,
                    "no snapshot of `{name}`: {path}: {reason}\n  help: {help}"
                )
            }
            SaveError::InUseByThisThread { name } => write!(
                f,
                "no snapshot of `{}`: this thread uses an instance of it, and would wait for itself\n  help: do \
                 this after the closure that was given the instance",
                Line(name)
            ),
            SaveError::InUse { name } => write!(
                f,
                "no snapshot as of one moment: {} is in use for too long\n  help: let closures that use instances be \
                 short, wait longer with `SnapshotOptions::patience`, or have each instance written by itself with \
                 `SnapshotOptions::each_by_itself`",
                Line(name)
            ),
            SaveError::Copy { how } => write!(
                f,
                "no snapshot: the copy of the process that was to write it {}\n  help: give it more time with \
                 `SnapshotOptions::fork`; if code of a module that it runs waits for a lock which another thread had, or \
                 the allocator is not made for forks, write without a copy",
                Line(how)
            ),
            SaveError::Io(error) => write!(f, "the snapshot cannot be written: {error}"),
        })
    }
}

/// Prints the error and its causes, since a `main` that returns an error prints its `Debug` form.
impl fmt::Debug for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl SaveError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            SaveError::Unwritable { .. } => codes::UNWRITABLE,
            SaveError::InUseByThisThread { .. } => codes::IN_USE_BY_THIS_THREAD,
            SaveError::InUse { .. } => codes::SNAPSHOT_IN_USE,
            SaveError::Io(_) => codes::SNAPSHOT_NOT_WRITTEN,
            SaveError::Copy { .. } => codes::SNAPSHOT_COPY_FAILED,
        }
    }
}

impl Error for SaveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SaveError::Io(error) => Some(&**error),
            _ => None,
        }
    }
}

/// Why nothing of a snapshot was built again.
#[derive(Clone)]
#[non_exhaustive]
pub enum RestoreError {
    /// The pool or instance has no name, by which the snapshot would have it.
    Nameless,
    /// The snapshot has nothing of this name.
    #[non_exhaustive]
    Absent {
        /// The name.
        name: String,
        /// Those of which it has something.
        names: Vec<String>,
    },
    /// What the snapshot has under the name is something else.
    #[non_exhaustive]
    Other {
        /// The name.
        name: String,
        /// What it was to be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The keys, or the states of a version, cannot become those of this process.
    #[non_exhaustive]
    Refused {
        /// The name.
        name: String,
        /// The version that the states were written at.
        from: String,
        /// The version that they would become states of.
        to: String,
        /// Whether they were written without what is secret, so that those fields are absent.
        without_secrets: bool,
        /// All that stands in the way.
        differences: Vec<Difference>,
    },
    /// The pool has states of this snapshot already.
    #[non_exhaustive]
    Again {
        /// The name.
        name: String,
    },
    /// A shared instance could not be made. What keeps it is told.
    #[non_exhaustive]
    NotMade {
        /// The name.
        name: String,
        /// Why not.
        reason: Unrestored,
    },
    /// What the file says of types cannot be.
    Damaged(SnapshotError),
}

impl From<SnapshotError> for RestoreError {
    fn from(error: SnapshotError) -> Self {
        RestoreError::Damaged(error)
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What another error says has the code of that one.
        let is_own = !matches!(
            self,
            RestoreError::Refused { .. } | RestoreError::NotMade { .. } | RestoreError::Damaged(_)
        );
        coded(f, is_own.then(|| self.code()), |f| {
            match self {
            RestoreError::Nameless => f.write_str(
                "nothing is restored: this has no name\n  help: give it the name that it had, by `name` of its \
                 builder",
            ),
            RestoreError::Absent { name, names } => {
                write!(f, "nothing is restored: the snapshot has no `{}`", Line(name))?;
                match names.as_slice() {
                    [] => f.write_str(", and nothing else"),
                    names => {
                        let names: Vec<String> =
                            names.iter().map(|it| format!("`{}`", Line(it))).collect();
                        write!(f, "\n  help: it has {}", names.join(", "))
                    }
                }
            }
            RestoreError::Other {
                name,
                expected,
                found,
            } => write!(
                f,
                "`{}` is not restored: expected {}, found {}",
                Line(name),
                Line(expected),
                Line(found)
            ),
            RestoreError::Refused {
                name,
                from,
                to,
                without_secrets,
                differences,
            } => {
                write!(
                    f,
                    "`{}` is not restored: its states of {}{} cannot become states of {}",
                    Line(name),
                    Line(from),
                    match without_secrets {
                        true => ", which were written without what is secret,",
                        false => "",
                    },
                    Line(to)
                )?;
                list(f, differences)?;
                match differences.iter().any(|it| it.rule == Rule::Lost) {
                    true => f.write_str(
                        "\n  help: `RestoreOptions::allow_losses` (`--allow-losses`) lets them lose that",
                    ),
                    false => Ok(()),
                }
            }
            RestoreError::Again { name } => write!(
                f,
                "`{}` is not restored: it was from this snapshot before, and what was removed since would be there again\n  \
                 help: `RestoreOptions::again` restores it all the same",
                Line(name)
            ),
            RestoreError::NotMade { name, reason } => {
                write!(f, "`{}` is not restored: {reason}", Line(name))
            }
            RestoreError::Damaged(error) => error.fmt(f),
        }
        })
    }
}

/// Prints the error and its causes, since a `main` that returns an error prints its `Debug` form.
impl fmt::Debug for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl RestoreError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints. Where types differ, that of the first
    /// difference that stands in the way.
    pub fn code(&self) -> Code {
        match self {
            RestoreError::Nameless => codes::RESTORE_NAMELESS,
            RestoreError::Absent { .. } => codes::RESTORE_ABSENT,
            RestoreError::Other { .. } => codes::RESTORE_OTHER,
            RestoreError::Refused { differences, .. } => differences
                .first()
                .map_or(codes::RESTORE_OTHER, |it| it.rule.code()),
            RestoreError::NotMade { reason, .. } => reason.code(),
            RestoreError::Again { .. } => codes::RESTORED_BEFORE,
            RestoreError::Damaged(_) => codes::SNAPSHOT_UNREADABLE,
        }
    }
}

impl Error for RestoreError {}

/// Why one state was not built again. It stays in the snapshot, from which a later version may be able to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrestored {
    /// There is an instance under its key, or one is being created.
    Exists,
    /// A value does not fit.
    #[non_exhaustive]
    Unfit {
        /// The way to the value: `World.players[3].gold`.
        path: String,
        /// Why it does not fit.
        reason: String,
    },
    /// A function marked `#[hotmod::preflight]` finds it wrong.
    #[non_exhaustive]
    Preflight {
        /// The function.
        name: String,
        /// What it says.
        reason: String,
    },
    /// What was written is no such state.
    #[non_exhaustive]
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
    /// The process ended in which it was tried out.
    #[non_exhaustive]
    Ended {
        /// How: by which signal, or with which status.
        how: String,
    },
}

impl Unrestored {
    /// The code of this kind of reason, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            Unrestored::Exists => codes::INSTANCE_EXISTS,
            Unrestored::Unfit { .. } => codes::STATE_UNFIT,
            Unrestored::Preflight { .. } => codes::PREFLIGHT_FAILED,
            Unrestored::Damaged { .. } => codes::SNAPSHOT_UNREADABLE,
            Unrestored::Ended { .. } => codes::PROGRAM_ENDED,
        }
    }
}

impl fmt::Display for Unrestored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.code(), |f| match self {
            Unrestored::Exists => f.write_str("there is an instance under its key already"),
            Unrestored::Unfit { path, reason } => write!(f, "{path}: {reason}"),
            Unrestored::Preflight { name, reason } => {
                write!(f, "`{name}` finds it wrong: {reason}")
            }
            Unrestored::Damaged { reason } => f.write_str(reason),
            Unrestored::Ended { how } => write!(f, "the process that made it {how}"),
        })
    }
}
