//! stage: a private copy of a file, which does not change while it is mapped.

mod own;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::describe::Rule;
use hotmod::printed::Line;
use hotmod_file::Inspected;
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::sys::process::user;
use crate::sys::write::write_whole;
use crate::whole;
use own::{COPY, Own};

/// Where a host keeps its copies: in a directory of its own, which is removed with the host.
#[derive(Debug)]
pub(crate) struct Staging {
    parent: PathBuf,
    state: Mutex<StagingState>,
}

/// The host's directory, if there is one, and how many copies were made.
#[derive(Debug, Default)]
pub(crate) struct StagingState {
    /// Made with the first copy, and made anew when it cannot be used any more: a cleaner of temporary
    /// files removes directories of long-lived servers too, and a server may become another user or
    /// another process, or have another root. Images mapped from the old directory stay whole.
    own: Option<Arc<Own>>,
    /// The directories before, with copies that debuggers may look into. Removed with the host, if they
    /// can be.
    before: Vec<Arc<Own>>,
    copies: u64,
    /// The user that the process ran as when it last removed the copies of hosts that had ended. Another user
    /// may remove others.
    swept: Option<u32>,
}

/// A copy that was written whole. Removed when dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct Staged {
    path: PathBuf,
    is_kept: bool,
}

/// A copy could not be written, and no part of it is left.
#[derive(Debug)]
pub(crate) struct Unstaged {
    directory: PathBuf,
    cause: io::Error,
}

impl Staging {
    /// Stages copies inside `parent`, or where the system keeps temporary files. Removes what dead hosts
    /// left there; makes no directory yet.
    pub(crate) fn new(parent: Option<PathBuf>) -> Self {
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        let staging = Staging {
            // The server may change its working directory. If it has none now, the path stays relative.
            parent: std::path::absolute(&parent).unwrap_or(parent),
            state: Mutex::default(),
        };
        staging.sweep(&mut staging.hold());
        staging
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
        let own = self.own(&mut state)?;
        drop(state);

        let written = || {
            let path = own.path().join(name);
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(COPY)
                .open(&path)?;
            let copy = Staged {
                path,
                is_kept: false,
            };
            // The process's mask (umask(2)) may take rights away, and this is what a copy is known by.
            file.set_permissions(Permissions::from_mode(COPY))?;
            write_whole(&mut file, bytes)?;
            Ok(copy)
        };
        written().map_err(|cause| Unstaged {
            directory: own.path().to_owned(),
            cause,
        })
    }

    /// Makes a file without a name in the directory of the copies. No other process can open it.
    pub(crate) fn nameless(&self) -> io::Result<File> {
        let mut state = self.hold();
        // No new directory is made in a copy of the process, which is about to end.
        let own = match &state.own {
            Some(own) if own.takes_nameless() => own.clone(),
            _ => self.own(&mut state).map_err(|it| it.cause)?,
        };
        tempfile::tempfile_in(own.path())
    }

    /// The host's own directory.
    fn own(&self, state: &mut StagingState) -> Result<Arc<Own>, Unstaged> {
        if let Some(own) = &state.own {
            if own.takes_copies() {
                return Ok(own.clone());
            }
            state.before.extend(state.own.take());
        }
        self.sweep(state);
        let own = Own::new(&self.parent).map_err(|cause| Unstaged {
            directory: self.parent.clone(),
            cause,
        })?;
        state.own = Some(own.clone());
        Ok(own)
    }

    /// Removes what this user's dead hosts left, unless that was done as this user.
    fn sweep(&self, state: &mut StagingState) {
        let user = Some(user());
        if state.swept != user {
            state.swept = user;
            own::sweep(&self.parent);
        }
    }

    /// Keeps other threads from making and finding the directory.
    pub(crate) fn hold(&self) -> MutexGuard<'_, StagingState> {
        // A directory is put here whole or not at all.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let directory = Line(self.directory.display());
        let bytes = candidate.bytes().len();
        let cure = whole::cure(&self.cause, bytes);
        candidate
            .refuse_because(
                RefusalStage::Stage,
                Rule::StagingFailed,
                Reason {
                    what: &format!("the private copy in {directory}"),
                    expected: "to be written",
                    found: &self.cause.to_string(),
                    help: &format!(
                        "{cure}, or name another directory with `HostBuilder::stage_dir`"
                    ),
                },
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
