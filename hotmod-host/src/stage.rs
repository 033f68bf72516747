//! stage: a private copy that nothing can change while it is mapped.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hotmod::describe::Rule;
use tempfile::TempDir;

use crate::error::{Refusal, Stage};
use crate::inspect::Inspected;

/// Where a host keeps its copies: in a directory of its own, which goes with it.
#[derive(Debug)]
pub(crate) struct Staging {
    parent: PathBuf,
    state: Mutex<State>,
}

/// The host's directory, if there is one, and how many copies there were.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Made when the first copy is, and made anew when somebody took it away: what cleans
    /// directories of temporary files takes those of long-lived servers too. What is mapped from
    /// it stays whole.
    own: Option<Own>,
    copies: u64,
}

/// A directory that only this user can enter, known by more than its name.
#[derive(Debug)]
struct Own {
    directory: TempDir,
    identity: (u64, u64),
}

/// A copy that was written whole. Removed when dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct Staged {
    path: PathBuf,
    is_kept: bool,
}

/// A copy was not written, and nothing of it is left.
#[derive(Debug)]
pub(crate) struct Unstaged {
    directory: PathBuf,
    cause: io::Error,
}

impl Staging {
    /// Copies inside `parent`, or where the system keeps temporary files. Nothing is made yet.
    pub(crate) fn new(parent: Option<PathBuf>) -> Self {
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        Staging {
            // The server may change its working directory. Without one there is no better path.
            parent: std::path::absolute(&parent).unwrap_or(parent),
            state: Mutex::default(),
        }
    }

    /// Writes a copy under a name that was never used and never will be: the system's loader
    /// takes an equal path for the same image, whatever the file holds.
    pub(crate) fn copy(&self, module: &str, bytes: &[u8]) -> Result<Staged, Unstaged> {
        let name: String = module
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let mut state = self.hold();
        state.copies += 1;
        let name = format!("{}-{name}.so", state.copies);
        let directory = self.directory(&mut state)?.to_owned();
        drop(state);

        let written = || {
            let path = directory.join(name);
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o400)
                .open(&path)?;
            let copy = Staged {
                path,
                is_kept: false,
            };
            file.write_all(bytes)?;
            Ok(copy)
        };
        written().map_err(|cause| Unstaged { directory, cause })
    }

    /// A file without a name, which nobody else can open, where the copies are.
    pub(crate) fn nameless(&self) -> io::Result<File> {
        let mut state = self.hold();
        let directory = self.directory(&mut state).map_err(|it| it.cause)?;
        tempfile::tempfile_in(directory)
    }

    /// The host's own directory.
    fn directory<'s>(&self, state: &'s mut State) -> Result<&'s Path, Unstaged> {
        if state.own.as_ref().is_none_or(|own| !own.is_private()) {
            state.own = None;
            let made = Own::new(&self.parent);
            state.own = Some(made.map_err(|cause| Unstaged {
                directory: self.parent.clone(),
                cause,
            })?);
        }
        let own = state.own.as_ref().expect("it was made above");
        Ok(own.directory.path())
    }

    /// Keeps others from making and finding the directory.
    pub(crate) fn hold(&self) -> MutexGuard<'_, State> {
        // A directory is put here whole or not at all.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Own {
    fn new(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        let directory = tempfile::Builder::new()
            .prefix("hotmod-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let metadata = fs::symlink_metadata(directory.path())?;
        Ok(Own {
            identity: (metadata.dev(), metadata.ino()),
            directory,
        })
    }

    /// What lies under its name, if that is still the directory that was made.
    fn found(&self) -> Option<Metadata> {
        let found = fs::symlink_metadata(self.directory.path()).ok()?;
        ((found.dev(), found.ino()) == self.identity).then_some(found)
    }

    /// Whether nobody else could change copies in it.
    fn is_private(&self) -> bool {
        self.found()
            .is_some_and(|found| found.permissions().mode() & 0o077 == 0)
    }
}

/// What lies under the name now and is not the host's stays.
impl Drop for Own {
    fn drop(&mut self) {
        if self.found().is_none() {
            self.directory.disable_cleanup(true);
        }
    }
}

impl Staged {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the copy where it is for as long as the host's directory is there: debuggers,
    /// profilers and backtraces look names up in it.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        self.path.clone()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_kept {
            // It may be gone already, with its directory.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Unstaged {
    pub(crate) fn into_refusal(self, candidate: &Inspected) -> Refusal {
        let directory = self.directory.display();
        let cure = match self.cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                let bytes = candidate.bytes().len();
                format!("make room there for {bytes} bytes")
            }
            ErrorKind::PermissionDenied => "let the server's user write there".to_owned(),
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                "remove what stands in the place of the directory".to_owned()
            }
            ErrorKind::ReadOnlyFilesystem => "make the file system writable".to_owned(),
            _ => "see the reason".to_owned(),
        };
        candidate
            .refuse_because(
                Stage::Stage,
                Rule::StagingFailed,
                [
                    &format!("the private copy in {directory}"),
                    "to be written",
                    &self.cause.to_string(),
                    &format!("{cure}, or name another directory with `Builder::stage_dir`"),
                ],
            )
            .caused_by(self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staging(parent: &Path) -> Staging {
        Staging::new(Some(parent.to_owned()))
    }

    #[test]
    fn a_copy_that_is_not_kept_leaves_nothing() {
        let parent = tempfile::tempdir().expect("a directory");
        let staging = staging(parent.path());
        let copy = staging.copy("game", b"bytes").expect("a copy");
        let path = copy.path().to_owned();
        assert_eq!(fs::read(&path).expect("the copy"), b"bytes");
        let mode = fs::metadata(&path).expect("the copy").permissions().mode();
        assert_eq!(mode & 0o777, 0o400);
        drop(copy);
        assert!(!path.exists());
        staging.copy("game", b"bytes").expect("a copy").keep();
        assert!(!path.exists(), "a name was used twice");
        drop(staging);
        assert_eq!(fs::read_dir(parent.path()).expect("the parent").count(), 0);
    }

    #[test]
    fn what_lies_in_the_place_of_the_directory_is_neither_used_nor_removed() {
        let parent = tempfile::tempdir().expect("a directory");
        let staging = staging(parent.path());
        let first = staging.copy("game", b"bytes").expect("a copy");
        let own = first.path().parent().expect("its directory").to_owned();
        fs::rename(&own, parent.path().join("elsewhere")).expect("a renamed directory");
        fs::create_dir(&own).expect("another directory");
        fs::write(own.join("theirs"), "theirs").expect("a file");
        let second = staging.copy("game", b"bytes").expect("a copy");
        assert_ne!(second.path().parent(), Some(&*own));
        drop((first, second));
        drop(staging);
        assert!(own.join("theirs").exists());
    }

    #[test]
    fn a_directory_that_others_may_enter_is_not_used_again() {
        let parent = tempfile::tempdir().expect("a directory");
        let staging = staging(parent.path());
        let first = staging.copy("game", b"bytes").expect("a copy");
        let own = first.path().parent().expect("its directory").to_owned();
        fs::set_permissions(&own, Permissions::from_mode(0o777)).expect("permissions");
        let second = staging.copy("game", b"bytes").expect("a copy");
        assert_ne!(second.path().parent(), Some(&*own));
    }
}
