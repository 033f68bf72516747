//! What becomes of the files of resources.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use hotmod::codes::{self, Code, coded};
use hotmod::printed::Line;

use super::error::ResourceError;

/// What became of the file of a resource, or of the watch itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ResourceReport {
    /// The resource holds what is in the file.
    #[non_exhaustive]
    Changed {
        /// The name of the resource.
        name: String,
        /// The file.
        file: PathBuf,
        /// The version of the value, from 1 on.
        version: u64,
    },
    /// A module that reads the resource has made a value of what is in the file
    /// ([`#[hotmod::resource]`](macro@hotmod::resource)).
    #[non_exhaustive]
    Read {
        /// The name of the resource.
        name: String,
        /// The file.
        file: PathBuf,
        /// The module.
        module: String,
        /// Its version.
        module_version: String,
    },
    /// The file is not taken, and the resource holds what it held. The file is tried again when it changes.
    #[non_exhaustive]
    Refused {
        /// Why.
        error: Arc<ResourceError>,
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

impl ResourceReport {
    /// Whether something is to be done about it: the file is refused, or the directory cannot be watched as it should.
    pub fn is_failure(&self) -> bool {
        !matches!(
            self,
            ResourceReport::Changed { .. } | ResourceReport::Read { .. }
        )
    }
}

impl ResourceReport {
    /// The code of what is reported, where it has one of its own: what is refused has that of each reason.
    pub fn code(&self) -> Option<Code> {
        match self {
            ResourceReport::Unreadable { .. } => Some(codes::DIRECTORY_UNUSABLE),
            ResourceReport::Polling { .. } => Some(codes::LOOKED_AT_FROM_TIME_TO_TIME),
            _ => None,
        }
    }
}

impl fmt::Display for ResourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.code(), |f| match self {
            ResourceReport::Changed {
                name,
                file,
                version,
            } => {
                let (name, file) = (Line(name), Line(file.display()));
                write!(f, "resource `{name}`: version {version} from {file}")
            }
            ResourceReport::Read {
                name,
                file,
                module,
                module_version,
            } => {
                let (name, file) = (Line(name), Line(file.display()));
                let (module, version) = (Line(module), Line(module_version));
                write!(
                    f,
                    "resource `{name}`: read by module `{module}` {version} from {file}"
                )
            }
            ResourceReport::Refused { error } => error.fmt(f),
            ResourceReport::Unreadable { directory, error } => write!(
                f,
                "the directory {} is not watched until it can be read: {error}",
                Line(directory.display())
            ),
            ResourceReport::Polling { directory, error } => write!(
                f,
                "the directory {} is only looked at from time to time: {error}\n  help: let the user have more of \
                 `fs.inotify.max_user_watches` and `max_user_instances`",
                Line(directory.display())
            ),
        })
    }
}
