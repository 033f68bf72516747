//! The resources of a host.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::error::{ResourceError, ResourceErrorKind, ResourceFault};
use super::source_file::SourceFile;

/// How large a file may be unless the server says otherwise: 64 MiB.
pub(super) const MOST: u64 = 64 << 20;

/// The directory that resources are taken from, and those that are in use.
#[derive(Default)]
pub(crate) struct Resources {
    pub(crate) directory: Option<PathBuf>,
    known: Mutex<Vec<Weak<dyn KnownResource>>>,
    /// The names of those that modules read, or would have read.
    read: Mutex<BTreeSet<String>>,
    on_complete: Mutex<Vec<OnComplete>>,
}

/// What is told of each file that is complete. It gives `false` once it need not be told any more.
type OnComplete = Box<dyn Fn(&str) -> bool + Send>;

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
            read: Mutex::default(),
            on_complete: Mutex::default(),
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

    /// What a file holds, for a module that reads it. `Err` with what is wrong, and what to do.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, (String, &'static str)> {
        // Noted first: what cannot be read yet is waited for.
        lock(&self.read).insert(name.to_owned());
        let file = self.source_file(name, MOST);
        let bytes = file.and_then(|file| file.read());
        bytes
            .map(|(bytes, _)| bytes)
            .map_err(|fault| (fault.what, fault.help))
    }

    /// Whether a module reads the file of this name, or would have if it could.
    pub(crate) fn is_read(&self, name: &str) -> bool {
        lock(&self.read).contains(name)
    }

    /// Has something told of each file that is complete, by its name, until it gives `false`.
    pub(crate) fn on_complete(&self, told: impl Fn(&str) -> bool + Send + 'static) {
        lock(&self.on_complete).push(Box::new(told));
    }

    /// Tells that a file is complete, and that those who read it have taken or refused it.
    pub(crate) fn tell_complete(&self, name: &str) {
        lock(&self.on_complete).retain(|told| told(name));
    }

    /// Notes a resource that is in use, until it is dropped.
    pub(super) fn add(&self, resource: &Arc<dyn KnownResource>) {
        let mut known = lock(&self.known);
        known.retain(|it| it.strong_count() > 0);
        known.push(Arc::downgrade(resource));
    }

    /// Those that are in use.
    pub(crate) fn all(&self) -> Vec<Arc<dyn KnownResource>> {
        lock(&self.known).iter().filter_map(Weak::upgrade).collect()
    }
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in a list is added and removed whole.
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
