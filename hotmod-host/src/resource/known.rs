//! The resources of a host.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::error::{ResourceError, ResourceErrorKind, ResourceFault};
use super::source_file::SourceFile;

/// The directory that resources are taken from, and those that are in use.
#[derive(Default)]
pub(crate) struct Resources {
    pub(crate) directory: Option<PathBuf>,
    known: Mutex<Vec<Weak<dyn KnownResource>>>,
}

/// A resource, whatever its value is.
pub(crate) trait KnownResource: Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// The file.
    fn file(&self) -> &Path;

    /// Takes what is in the file.
    fn take(&self, attempt: Attempt) -> TakenResource;
}

/// How a file is to be taken.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    /// Whether it is complete for sure. If it is not, it may be on its way to become a value.
    pub(crate) is_sure: bool,
    /// Whether it is tried again if it was refused as it is.
    pub(crate) is_again: bool,
}

/// What came of taking a file.
pub(crate) enum TakenResource {
    /// It holds nothing new.
    Nothing,
    /// It holds what was refused, which was told.
    RefusedAlready,
    /// It cannot be read, or is no such value, and may become one.
    NotYet,
    /// It is a new value, of this version.
    Changed(u64),
    Refused(Arc<ResourceError>),
}

impl Resources {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Resources {
            directory,
            known: Mutex::default(),
        }
    }

    /// The file of a resource of this name.
    pub(super) fn source_file(&self, name: &str, most: u64) -> Result<SourceFile, ResourceFault> {
        let directory = self.directory.as_deref().ok_or_else(|| {
            let what = "the host has no directory for resources";
            ResourceFault::new(ResourceErrorKind::Outside, what)
                .help("name one by `HostBuilder::resource_dir`")
        })?;
        SourceFile::new(name, directory, most)
    }

    /// Notes a resource that is in use, until it is dropped.
    pub(super) fn add(&self, resource: &Arc<dyn KnownResource>) {
        let mut known = self.lock();
        known.retain(|it| it.strong_count() > 0);
        known.push(Arc::downgrade(resource));
    }

    /// Those that are in use.
    pub(crate) fn all(&self) -> Vec<Arc<dyn KnownResource>> {
        self.lock().iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<dyn KnownResource>>> {
        // They are added and removed whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
