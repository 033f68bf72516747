//! What becomes of the files of a directory that is watched.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use hotmod::codes::{self, Code, coded};
use hotmod::printed::Line;
use hotmod_file::Refusal;

use crate::module::report::UpdateReport;

/// What became of a file, or of the watch itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WatchReport {
    /// The module was updated to what is in the file.
    #[non_exhaustive]
    Updated {
        /// The file.
        file: PathBuf,
        /// The update.
        report: Box<UpdateReport>,
    },
    /// A module that was not loaded yet is loaded.
    #[non_exhaustive]
    Loaded {
        /// The file.
        file: PathBuf,
        /// The module's name.
        module: String,
        /// Its version.
        version: String,
    },
    /// The file is refused, and what ran goes on. It is tried again when it changes.
    #[non_exhaustive]
    Refused {
        /// The file.
        file: PathBuf,
        /// Why.
        refusal: Arc<Refusal>,
    },
    /// The file is that of a module which is not loaded, and is not to be
    /// ([`WatchBuilder::load_new`](crate::WatchBuilder::load_new)).
    #[non_exhaustive]
    NotLoaded {
        /// The file.
        file: PathBuf,
        /// The module's name.
        module: String,
    },
    /// The directory cannot be read, or is gone. It is looked for again.
    #[non_exhaustive]
    Unreadable {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        error: String,
    },
    /// The system does not tell of changes, so that the directory is only looked at from time to time.
    #[non_exhaustive]
    Polling {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        error: String,
    },
}

impl WatchReport {
    /// Whether something is to be done about it: the file is refused, or the directory cannot be watched as it should.
    pub fn is_failure(&self) -> bool {
        match self {
            WatchReport::Updated { .. } | WatchReport::Loaded { .. } => false,
            WatchReport::Refused { .. }
            | WatchReport::NotLoaded { .. }
            | WatchReport::Unreadable { .. }
            | WatchReport::Polling { .. } => true,
        }
    }
}

impl WatchReport {
    /// The code of what is reported, where it has one of its own: what is refused has that of each reason.
    pub fn code(&self) -> Option<Code> {
        match self {
            WatchReport::NotLoaded { .. } => Some(codes::FILE_LEFT),
            WatchReport::Unreadable { .. } => Some(codes::DIRECTORY_UNUSABLE),
            WatchReport::Polling { .. } => Some(codes::LOOKED_AT_FROM_TIME_TO_TIME),
            _ => None,
        }
    }
}

impl fmt::Display for WatchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.code(), |f| match self {
            WatchReport::Updated { report, .. } => report.fmt(f),
            WatchReport::Loaded {
                file,
                module,
                version,
            } => write!(
                f,
                "{module} {version}: loaded from {}",
                Line(file.display())
            ),
            WatchReport::Refused { refusal, .. } => refusal.fmt(f),
            WatchReport::NotLoaded { file, module } => write!(
                f,
                "{} is left: no module `{module}` is loaded\n  help: load it, or have the watch do so with \
                 `WatchBuilder::load_new`",
                Line(file.display())
            ),
            WatchReport::Unreadable { directory, error } => write!(
                f,
                "the directory {} is not watched until it can be read: {error}",
                Line(directory.display())
            ),
            WatchReport::Polling { directory, error } => write!(
                f,
                "the directory {} is only looked at from time to time: {error}\n  help: let the user have more of \
                 `fs.inotify.max_user_watches` and `max_user_instances`",
                Line(directory.display())
            ),
        })
    }
}
