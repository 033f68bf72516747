//! A path that processes change one after the other.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The right to look at what lies at a path and then to change it: of the processes that ask for it, one has it at a time.
/// A file beside the path holds the lock, and goes with it.
#[derive(Debug)]
pub struct PathLock {
    file: File,
    beside: PathBuf,
}

impl PathLock {
    /// Waits until no other one has it.
    ///
    /// # Errors
    ///
    /// If the file beside the path cannot be made.
    pub fn wait(path: &Path) -> io::Result<Self> {
        let beside = beside(path);
        loop {
            let file = open(&beside)?;
            lock(&file)?;
            // The one that had it has removed the file, and another one may lie there by now.
            if lies_at(&file, &beside)? {
                return Ok(PathLock { file, beside });
            }
        }
    }

    /// `None` if another one has it, or has given it back just now.
    ///
    /// # Errors
    ///
    /// As [`wait`](PathLock::wait).
    pub fn try_now(path: &Path) -> io::Result<Option<Self>> {
        let beside = beside(path);
        let file = open(&beside)?;
        match file.try_lock() {
            Ok(()) => {
                let is_it = lies_at(&file, &beside)?;
                Ok(is_it.then_some(PathLock { file, beside }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for PathLock {
    fn drop(&mut self) {
        // First removed, then unlocked. Who waits for the lock finds that the file it has open is no longer at the path, and
        // opens the one that is there by then.
        let _ = fs::remove_file(&self.beside);
        // A copy of this process may have the file open, too: those that wait do not wait for that.
        let _ = self.file.unlock();
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".lock");
    path.with_file_name(name)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
}

/// Waits for the lock of a file, also where a signal comes meanwhile.
pub(crate) fn lock(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            locked => return locked,
        }
    }
}

/// Whether this file is the one at the path.
pub(crate) fn lies_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn one_has_it_at_a_time_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let (inside, entered) = (AtomicU32::new(0), AtomicU32::new(0));
        let enters = |lock: Option<PathLock>| {
            if lock.is_some() {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                entered.fetch_add(1, Ordering::Relaxed);
                inside.fetch_sub(1, Ordering::SeqCst);
            }
            drop(lock);
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        enters(Some(PathLock::wait(&path).expect("a lock")));
                        enters(PathLock::try_now(&path).expect("a file"));
                    }
                });
            }
        });
        assert!(entered.load(Ordering::Relaxed) >= 800);
        let held = PathLock::wait(&path).expect("a lock");
        assert!(PathLock::try_now(&path).expect("a file").is_none());
        drop(held);
        assert!(PathLock::try_now(&path).expect("a file").is_some());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
