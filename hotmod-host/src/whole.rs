//! Files that appear under their names once they are whole and on the disk.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

#[cfg(feature = "snapshot")]
use hotmod::printed::Line;
use hotmod_file::is_out_of_files;
use tempfile::NamedTempFile;

use crate::sys::path_lock::{lies_at, lock};
use crate::sys::process::user;
use crate::sys::write::write_whole;

/// What the name of a file begins with that is being written.
const UNFINISHED: &str = ".unfinished-";

/// A file that is being written, beside the place where it is to be. Only the user of this process may read it. It goes if
/// it is not finished.
#[derive(Debug)]
pub(crate) struct WholeFile {
    named: NamedTempFile,
}

impl WholeFile {
    /// One that is to be at this path.
    pub(crate) fn beside(path: &Path) -> io::Result<Self> {
        loop {
            let named = tempfile::Builder::new()
                .prefix(UNFINISHED)
                .tempfile_in(directory_of(path))?;
            if let Some(whole) = WholeFile::locked(named)? {
                return Ok(whole);
            }
        }
    }

    /// A process that is killed leaves the file. By the lock, others see whether it is being written: `None` if one of them
    /// has looked before there was a lock, and removed it.
    fn locked(named: NamedTempFile) -> io::Result<Option<Self>> {
        lock(named.as_file())?;
        let is_there = lies_at(named.as_file(), named.path())?;
        Ok(is_there.then_some(WholeFile { named }))
    }

    /// Puts the file where it is to be, in the place of what is there. When this returns, it is on the disk; if it fails,
    /// what was there is there still.
    pub(crate) fn finish(self, path: &Path) -> io::Result<()> {
        self.named.as_file().sync_all()?;
        self.named.persist(path).map_err(|error| error.error)?;
        // The name is on the disk once the directory is.
        File::open(directory_of(path))?.sync_all()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_whole(self.named.as_file_mut(), bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.named.flush()
    }
}

/// Removes what processes have left in a directory that ended while they wrote there.
pub(crate) fn remove_unfinished(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            continue;
        }
        let removed = File::open(entry.path()).and_then(|file| match file.try_lock() {
            Ok(()) => fs::remove_file(entry.path()),
            // It is being written.
            Err(_) => Ok(()),
        });
        match removed {
            // It has its name by now; or it is none of this process', which can do without its being gone.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound
                        | ErrorKind::PermissionDenied
                        | ErrorKind::IsADirectory
                        | ErrorKind::ReadOnlyFilesystem
                ) => {}
            removed => removed?,
        }
    }
    Ok(())
}

/// An error, with the path of what it is about.
#[cfg(feature = "snapshot")]
pub(crate) fn at_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", Line(path.display())))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What to do where a file of so many bytes cannot be written.
pub(crate) fn cure(error: &io::Error, bytes: usize) -> String {
    match error.kind() {
        ErrorKind::FileTooLarge => format!(
            "let the server write files of {bytes} bytes: raise `RLIMIT_FSIZE` (`ulimit -f`, \
             `LimitFSIZE=`), or use a file system that has them"
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("make room there for {bytes} bytes")
        }
        _ if is_out_of_files(error) => "raise `RLIMIT_NOFILE` (`ulimit -n`, \
             `LimitNOFILE=`), or find what leaves files open"
            .to_owned(),
        ErrorKind::PermissionDenied => format!(
            "let the server's user write there (it is user {} now)",
            user()
        ),
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "remove what stands in the place of the directory".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => "make the file system writable".to_owned(),
        _ => "see the reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kept");
        fs::write(&path, "before").expect("a file");
        let mut unfinished = WholeFile::beside(&path).expect("a file");
        unfinished.write_all(b"half").expect("a part");
        assert_eq!(fs::read(&path).expect("the file"), b"before");
        drop(unfinished);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
        let mut whole = WholeFile::beside(&path).expect("a file");
        whole.write_all(b"after").expect("all");
        whole.finish(&path).expect("a file");
        assert_eq!(fs::read(&path).expect("the file"), b"after");
    }

    #[test]
    fn what_was_left_unfinished_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        // As a process leaves it that was killed. A file that this one has had locked could be locked still, by a copy of
        // the process that another test has forked.
        fs::write(folder.path().join(".unfinished-a1B2c3"), "half").expect("a file");
        fs::write(folder.path().join("theirs"), "").expect("a file");
        remove_unfinished(folder.path()).expect("a folder");
        let names = fs::read_dir(folder.path()).expect("the folder");
        let names: Vec<_> = names.map(|it| it.expect("a name").file_name()).collect();
        assert_eq!(names, ["theirs"]);
    }

    #[test]
    fn a_file_that_was_removed_before_it_was_locked_is_not_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let named = || {
            let mut named = tempfile::Builder::new();
            named
                .prefix(UNFINISHED)
                .tempfile_in(folder.path())
                .expect("a file")
        };
        let unlocked = named();
        remove_unfinished(folder.path()).expect("a folder");
        assert!(WholeFile::locked(unlocked).expect("a lock").is_none());
        let locked = WholeFile::locked(named()).expect("a lock");
        remove_unfinished(folder.path()).expect("a folder");
        let whole = locked.expect("a file that is there");
        whole.finish(&folder.path().join("kept")).expect("a file");
    }
}
