//! A directory of snapshots, of which the last good ones are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hotmod_file::Snapshot;

use super::error::SaveError;
use super::save::SaveReport;
use crate::host::Host;

/// What the name of a file is made of: a number, so that later ones come later.
const PREFIX: &str = "states-";
const SUFFIX: &str = ".snapshot";

/// A directory of snapshots. A new one is written beside the others, and the oldest go once it is whole.
///
/// # Examples
///
/// ```no_run
/// use hotmod_host::Snapshots;
///
/// # fn run(host: &hotmod_host::Host) -> Result<(), Box<dyn std::error::Error>> {
/// let snapshots = Snapshots::open("/var/lib/game")?.keep(5);
/// if let Some((file, snapshot)) = snapshots.latest()? {
///     println!("{} has {} groups", file.display(), snapshot.groups().len());
/// }
/// snapshots.save(host)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Snapshots {
    directory: PathBuf,
    keep: usize,
}

impl Snapshots {
    /// Those of a directory, which is made if it is not there. Three are kept.
    ///
    /// # Errors
    ///
    /// If it cannot be made or read.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        fs::create_dir_all(&directory)?;
        let snapshots = Snapshots { directory, keep: 3 };
        snapshots.files()?;
        Ok(snapshots)
    }

    /// Has so many be kept, at least one.
    pub fn keep(self, count: usize) -> Self {
        Snapshots {
            keep: count.max(1),
            ..self
        }
    }

    /// Writes the states of a host, as [`Host::snapshot`] does, and then removes the oldest files beyond those that are
    /// kept. Says where they are.
    ///
    /// # Errors
    ///
    /// As [`Host::snapshot`]; all files are there still.
    pub fn save(&self, host: &Host) -> Result<(PathBuf, SaveReport), SaveError> {
        let files = self.files()?;
        let number = files.last().map_or(0, |(number, _)| number + 1);
        let file = self.directory.join(format!("{PREFIX}{number:020}{SUFFIX}"));
        let report = host.snapshot(&file)?;
        let before = (files.len() + 1).saturating_sub(self.keep);
        for (_, old) in files.iter().take(before) {
            fs::remove_file(old)?;
        }
        Ok((file, report))
    }

    /// The newest that is whole, and where it is. `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read.
    pub fn latest(&self) -> io::Result<Option<(PathBuf, Snapshot)>> {
        let files = self.files()?;
        let mut newest = files.into_iter().rev();
        Ok(newest.find_map(|(_, file)| {
            let snapshot = Snapshot::open(&file).ok()?;
            Some((file, snapshot))
        }))
    }

    /// The files, the oldest first.
    fn files(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            files.extend(number(&path).map(|number| (number, path)));
        }
        files.sort();
        Ok(files)
    }
}

fn number(file: &Path) -> Option<u64> {
    let name = file.file_name()?.to_str()?;
    name.strip_prefix(PREFIX)?
        .strip_suffix(SUFFIX)?
        .parse()
        .ok()
}
