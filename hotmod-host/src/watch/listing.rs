//! What a directory holds.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What tells a file from another one, and from what it was before. Links are followed: what counts is the file that a
/// path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// When anything of it changed, such as its names. The clock of the file system may stand still between two writes;
    /// two of them that leave the size as it was are then told apart by what was heard.
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        if !metadata.is_file() {
            // What becomes of the files in a directory changes it, and does not make it another thing here.
            return Stamp {
                device: metadata.dev(),
                inode: metadata.ino(),
                size: 1,
                modified: (0, 0),
                changed: (0, 0),
            };
        }
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// That of the file that a path leads to; `None` if there is none.
    pub(super) fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    #[cfg(test)]
    pub(super) fn made_up(number: u64) -> Self {
        Stamp {
            device: 1,
            inode: 1,
            size: number,
            modified: (0, 0),
            changed: (0, 0),
        }
    }
}

/// A directory, by the path that the user gave. Each part of that may be a link, and may come to lead
/// elsewhere.
#[derive(Clone, Debug)]
pub(super) struct WatchedDirectory {
    /// As the user gave it, from the root on.
    pub(super) given: PathBuf,
    /// Where it is.
    pub(super) real: Option<PathBuf>,
    /// Which it is.
    identity: Option<(u64, u64)>,
}

impl WatchedDirectory {
    pub(super) fn new(given: &Path) -> io::Result<Self> {
        Ok(WatchedDirectory {
            given: std::path::absolute(given)?,
            real: None,
            identity: None,
        })
    }

    /// Looks where it is now. `true` if that is another one than before.
    pub(super) fn find(&mut self) -> bool {
        let real = self.given.canonicalize().ok();
        let metadata = real.as_ref().and_then(|real| fs::metadata(real).ok());
        let identity = metadata
            .filter(fs::Metadata::is_dir)
            .map(|it| (it.dev(), it.ino()));
        let is_another = (&real, identity) != (&self.real, self.identity);
        (self.real, self.identity) = (real, identity);
        is_another
    }

    /// Whether it is there.
    pub(super) fn is_there(&self) -> bool {
        self.identity.is_some()
    }

    /// The directory that it is in, by the path that the user gave.
    pub(super) fn parent(&self) -> Option<&Path> {
        self.given.parent()
    }

    /// A file in it, by the path that the user knows it by; `None` for what lies elsewhere.
    pub(super) fn named(&self, path: &Path) -> Option<PathBuf> {
        let parent = path.parent()?;
        let is_here = self.real.as_deref() == Some(parent) || self.given == parent;
        (is_here && path != self.given)
            .then(|| self.given.join(path.file_name().unwrap_or_default()))
    }

    /// Whether the path leads to the directory.
    pub(super) fn leads_by(&self, path: &Path) -> bool {
        path == self.given || self.real.as_deref() == Some(path)
    }

    /// The files in it that are wanted, by their paths as the user knows them. What is gone meanwhile is left out, and what
    /// is no file, such as a pipe, unless that is wanted too.
    pub(super) fn list(
        &self,
        is_wanted: impl Fn(&Path) -> bool,
        others_too: bool,
    ) -> io::Result<BTreeMap<PathBuf, Stamp>> {
        let mut listing = BTreeMap::new();
        for entry in fs::read_dir(&self.given)? {
            let Ok(entry) = entry else { continue };
            let path = self.given.join(entry.file_name());
            if !is_wanted(&path) {
                continue;
            }
            match fs::metadata(&path) {
                Ok(metadata) if others_too || metadata.is_file() => {
                    listing.insert(path, Stamp::of(&metadata));
                }
                _ => {}
            }
        }
        Ok(listing)
    }
}
