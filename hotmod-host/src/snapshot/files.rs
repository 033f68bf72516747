//! A directory of snapshots, of which the last good ones are kept.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use hotmod_file::snapshot::MOST_CONTINUED;
use hotmod_file::snapshot::blocks::{BEGIN, DIGEST, is_of_this_format};
use hotmod_file::{Snapshot, SnapshotError};
use parking_lot::Mutex;

use super::error::SaveError;
use super::save::{Continued, SaveReport, SnapshotOptions};
use crate::host::Host;
use crate::module::settings::Settings;
use crate::whole::{at_path, remove_unfinished};

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
    options: SnapshotOptions,
    /// How many may continue a whole one.
    increments: usize,
    last: Arc<Mutex<Option<LastFile>>>,
}

/// The file that was written last, and of whose states.
#[derive(Debug)]
struct LastFile {
    settings: Weak<Settings>,
    file: PathBuf,
    without_secrets: bool,
    digest: [u8; DIGEST],
    number: u64,
    /// How many files it continues.
    continues: usize,
}

impl LastFile {
    /// Whether all files are there that it continues: their numbers follow each other.
    fn continues_what_is_there(&self, files: &[(u64, PathBuf)]) -> bool {
        let chain = files.iter().rev().take(self.continues + 1);
        let numbers: Vec<u64> = chain.map(|(number, _)| *number).collect();
        numbers.len() == self.continues + 1 && numbers.windows(2).all(|it| it[1] + 1 == it[0])
    }
}

impl Snapshots {
    /// Those of a directory, which is made if it is not there. Three are kept. What processes left unfinished that were
    /// killed is removed.
    ///
    /// # Errors
    ///
    /// If it cannot be made or read.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        let made = fs::create_dir_all(&directory).and_then(|()| remove_unfinished(&directory));
        made.map_err(|error| at_path(&directory, &error))?;
        Ok(Snapshots {
            directory,
            keep: 3,
            options: SnapshotOptions::new(),
            increments: 0,
            last: Arc::default(),
        })
    }

    /// Has so many be kept, at least one. What this version of hotmod cannot read, such as the files of a newer one that
    /// ran meanwhile, is kept beside them: its states may be nowhere else.
    pub fn keep(self, count: usize) -> Self {
        Snapshots {
            keep: count.max(1),
            ..self
        }
    }

    /// Has each be written in this way.
    pub fn options(self, options: SnapshotOptions) -> Self {
        Snapshots { options, ..self }
    }

    /// Has so many files, a thousand at most, follow a whole one that hold only what may have changed since the file before. A shared call counts
    /// as a change where something in the state can be changed by a shared reference. The files that one continues are kept
    /// as long as it is.
    pub fn increments(self, count: usize) -> Self {
        Snapshots {
            increments: count.min(MOST_CONTINUED),
            ..self
        }
    }

    /// Writes the states of a host, as [`Host::snapshot`] does, and then removes the oldest files beyond those that are
    /// [kept](Snapshots::keep). Says where they are.
    ///
    /// # Errors
    ///
    /// As [`Host::snapshot`]; all files are there still.
    pub fn save(&self, host: &Host) -> Result<(PathBuf, SaveReport), SaveError> {
        let mut last = self.last.lock();
        let mut files = self.files()?;
        let number = files.last().map_or(0, |(number, _)| number + 1);
        let file = self.directory.join(of_number(number));
        let before = last.take().filter(|it| {
            it.settings
                .upgrade()
                .is_some_and(|of| Arc::ptr_eq(&of, &host.settings))
                && it.continues < self.increments
                && it.without_secrets == self.options.leaves_out_secrets()
                && files.last().is_some_and(|(_, newest)| *newest == it.file)
                && it.continues_what_is_there(&files)
        });
        let continued = before.as_ref().and_then(|it| {
            Some(Continued {
                file: it.file.file_name()?.to_str()?.to_owned(),
                digest: it.digest,
                since: it.number,
            })
        });
        let saved = host.save_file(&file, self.options, continued.as_ref())?;
        *last = Some(LastFile {
            settings: Arc::downgrade(&host.settings),
            file: file.clone(),
            without_secrets: self.options.leaves_out_secrets(),
            digest: saved.digest,
            number: saved.number,
            continues: before.map_or(0, |it| it.continues + 1),
        });
        files.push((number, file.clone()));
        self.remove_old(&files)?;
        Ok((file, saved.report))
    }

    /// Removes the oldest files, but for those that one which is kept continues.
    fn remove_old(&self, files: &[(u64, PathBuf)]) -> io::Result<()> {
        let files: Vec<_> = files.iter().filter(|(_, it)| is_readable(it)).collect();
        let mut first = files.len().saturating_sub(self.keep);
        // One that cannot be read is of no use, whatever it continues.
        while first > 0 && Snapshot::continues(&files[first].1).unwrap_or(false) {
            first -= 1;
        }
        for (_, old) in files[..first].iter() {
            fs::remove_file(old)?;
        }
        Ok(())
    }

    /// The newest that is whole, and where it is. `None` if there is none. What is newer and cannot be read,
    /// [`passed_over`](Snapshots::passed_over) says.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read.
    pub fn latest(&self) -> io::Result<Option<(PathBuf, Snapshot)>> {
        self.newest_first(|_, _| {})
    }

    /// The files that [`latest`](Snapshots::latest) passes over, the newest first, each with why it cannot be read: it is
    /// damaged, this process may not read it, or a newer hotmod has written it. States that were written since are in them
    /// alone: `Snapshot::salvage` gives what is whole of one.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn passed_over(&self) -> io::Result<Vec<(PathBuf, SnapshotError)>> {
        let mut passed_over = Vec::new();
        self.newest_first(|file, error| passed_over.push((file.to_owned(), error)))?;
        Ok(passed_over)
    }

    /// The newest that is whole. `each` is told of those that come before it.
    fn newest_first(
        &self,
        mut each: impl FnMut(&Path, SnapshotError),
    ) -> io::Result<Option<(PathBuf, Snapshot)>> {
        for (_, file) in self.files()?.into_iter().rev() {
            match Snapshot::open(&file) {
                Ok(snapshot) => return Ok(Some((file, snapshot))),
                Err(error) => each(&file, error),
            }
        }
        Ok(None)
    }

    /// The files, the oldest first.
    fn files(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut files = Vec::new();
        let entries = fs::read_dir(&self.directory);
        for entry in entries.map_err(|error| at_path(&self.directory, &error))? {
            let path = entry?.path();
            files.extend(number(&path).map(|number| (number, path)));
        }
        files.sort();
        Ok(files)
    }
}

/// Whether it is a file that this version of hotmod reads, as far as it says itself.
fn is_readable(file: &Path) -> bool {
    let mut begin = Vec::new();
    // A directory cannot be read.
    let read = File::open(file).and_then(|it| it.take(BEGIN as u64).read_to_end(&mut begin));
    read.is_ok() && is_of_this_format(&begin)
}

fn number(file: &Path) -> Option<u64> {
    let name = file.file_name()?.to_str()?;
    let number = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let number = number.parse().ok()?;
    // Another name is not one of these files', whatever it can be read as.
    (name == of_number(number) && number < u64::MAX).then_some(number)
}

fn of_number(number: u64) -> String {
    format!("{PREFIX}{number:020}{SUFFIX}")
}
