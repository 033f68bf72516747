//! Directories that are held open and locked. Each stays the same directory, whatever becomes of its path.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, open, openat,
    statat, unlinkat,
};
use rustix::io::retry_on_intr;

/// Opens a directory itself, and follows no link.
const ITSELF: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// A directory that is open.
#[derive(Debug)]
pub(crate) struct Directory(OwnedFd);

/// What lies under a name, which may be a link.
pub(crate) struct NamedFile {
    pub(crate) device: u64,
    /// Its number on the device.
    pub(crate) number: u64,
    pub(crate) owner: u32,
    /// What its owner, its group and others may do.
    pub(crate) rights: u32,
    pub(crate) is_file: bool,
}

impl Directory {
    /// Opens the directory at a path; fails if a link lies there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Directory(open(path, ITSELF, Mode::empty())?))
    }

    /// Opens the directory that a path leads to.
    pub(crate) fn follow(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Directory(open(path, flags, Mode::empty())?))
    }

    /// Opens a directory in this one; fails if a link has that name.
    pub(crate) fn open_in(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Directory(openat(&self.0, name, ITSELF, Mode::empty())?))
    }

    /// The directory that this one lies in now, opened for looking names up only.
    pub(crate) fn parent(&self) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Directory(openat(&self.0, "..", flags, Mode::empty())?))
    }

    /// What this is.
    pub(crate) fn found(&self) -> io::Result<NamedFile> {
        Ok(NamedFile::new(&fstat(&self.0)?))
    }

    /// What lies in it under a name.
    pub(crate) fn find(&self, name: &OsStr) -> io::Result<NamedFile> {
        let found = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(NamedFile::new(&found))
    }

    /// All names in it.
    pub(crate) fn names(&self) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
        let names = Dir::read_from(&self.0)?.map(|entry| {
            let name = entry?.file_name().to_bytes().to_owned();
            Ok(OsString::from_vec(name))
        });
        Ok(names.filter(|name| {
            let is_itself = |name: &OsString| matches!(name.as_bytes(), b"." | b"..");
            !name.as_ref().is_ok_and(is_itself)
        }))
    }

    /// Waits until no other process has the directory locked, and locks it until it is closed here and in all
    /// processes that are forked from this one.
    ///
    /// # Errors
    ///
    /// If its file system has no locks.
    pub(crate) fn lock(&self) -> io::Result<()> {
        Ok(retry_on_intr(|| {
            flock(&self.0, FlockOperation::LockExclusive)
        })?)
    }

    /// As [`lock`](Directory::lock), but it is an error if another process has it locked.
    pub(crate) fn try_lock(&self) -> io::Result<()> {
        Ok(flock(&self.0, FlockOperation::NonBlockingLockExclusive)?)
    }

    /// Removes a file in it.
    pub(crate) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes an empty directory in it.
    pub(crate) fn remove_directory(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }
}

impl NamedFile {
    /// What lies at a path.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let found = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(NamedFile::new(&found))
    }

    fn new(stat: &Stat) -> Self {
        NamedFile {
            device: stat.st_dev,
            number: stat.st_ino,
            owner: stat.st_uid,
            rights: stat.st_mode & 0o777,
            is_file: FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile,
        }
    }

    /// Differs between any two files that exist at the same time.
    pub(crate) fn identity(&self) -> (u64, u64) {
        (self.device, self.number)
    }
}
