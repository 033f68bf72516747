//! stage: a private copy that nothing can change while it is mapped.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

/// The directory of a host's copies. It is the host's own, and goes with it.
#[derive(Debug)]
pub(crate) struct Staging {
    directory: TempDir,
    next: AtomicU64,
}

impl Staging {
    /// A new directory inside `parent`, or where the system keeps temporary files, that only this
    /// user can enter.
    pub(crate) fn new(parent: Option<&Path>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder
            .prefix("hotmod-")
            .permissions(Permissions::from_mode(0o700));
        let directory = match parent {
            Some(parent) => {
                fs::create_dir_all(parent)?;
                builder.tempdir_in(parent)?
            }
            None => builder.tempdir()?,
        };
        Ok(Staging {
            directory,
            next: AtomicU64::new(1),
        })
    }

    /// Writes a copy under a name that was never used and never will be: the system's loader
    /// takes an equal path for the same image, whatever the file holds.
    pub(crate) fn copy(&self, module: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        // Relaxed: the number only has to be different each time.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name: String = module
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let path = self.directory.path().join(format!("{number}-{name}.so"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o400)
            .open(&path)?;
        file.write_all(bytes)?;
        Ok(path)
    }
}
