//! The journal, and the copies beside it.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hotmod::printed::Line;
use hotmod_file::Digest;

use super::line;
use super::record::Record;
use super::recorded::{OtherFormat, Recorded};
use super::recovery::{Interrupted, KeptModule, KeptVersion, Recovery, add_undone};
use crate::sys::directory::Directory;
use crate::sys::process::user;
use crate::sys::write::write_whole;
use crate::whole::{WholeFile, remove_unfinished};

/// The journal's name in its directory, and that of the directory of the copies.
const JOURNAL: &str = "journal";
const COPIES: &str = "modules";

/// How long a journal becomes at least before it is written anew, and how long a one is read.
const LARGE: u64 = 256 << 10;
const TOO_LARGE: u64 = 64 << 20;

/// How long to wait for the process before to be gone: of one that was killed, a copy may take a moment to end.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(5);

/// What files held of which a version of a module has made values, by their names.
pub(crate) type FilesRead = BTreeMap<String, Vec<u8>>;

/// Where a host keeps what the next process goes on from. One host has it at a time.
pub(crate) struct Journal {
    directory: PathBuf,
    /// Locked for as long as the host is there.
    _locked: Directory,
    log: Mutex<Log>,
    recovery: Recovery,
    /// The last number of the processes before.
    before: u64,
}

struct Log {
    directory: PathBuf,
    file: File,
    /// How long it is. Behind that may be part of a record that could not be written.
    len: u64,
    /// How long it becomes before it is written anew.
    limit: u64,
    known: Recorded,
}

/// A version that is to be what runs, as the journal knows it.
#[derive(Clone, Debug)]
pub(crate) struct ToRun<'a> {
    pub(crate) module: &'a str,
    pub(crate) version: &'a str,
    pub(crate) digest: Digest,
    /// The file that it was taken from.
    pub(crate) file: &'a Path,
}

impl Journal {
    /// Opens the journal in a directory, which is made if it is not there. `Err` with what is wrong, and what to do.
    pub(crate) fn open(directory: &Path) -> Result<Arc<Self>, (ErrorKind, String)> {
        let failed = |error: io::Error| (error.kind(), error.to_string());
        let directory = std::path::absolute(directory).map_err(failed)?;
        make(&directory).map_err(failed)?;
        let locked = locked(&directory)?;
        make(&directory.join(COPIES)).map_err(failed)?;
        // Of processes that were killed while they wrote.
        remove_unfinished(&directory).map_err(failed)?;
        remove_unfinished(&directory.join(COPIES)).map_err(failed)?;
        let found = read(&directory.join(JOURNAL)).map_err(failed)?;
        let found = Recorded::read(&found).map_err(|OtherFormat(format)| {
            let text = format!(
                "its journal is of another format: {}\n  help: run the server that wrote it, or remove `{JOURNAL}`: \
                 then modules are loaded from their files alone",
                Line(format)
            );
            (ErrorKind::InvalidData, text)
        })?;
        let mut known = found.known;
        known.distrust();
        let modules = known.modules.values().cloned();
        let recovery = Recovery {
            interrupted: known.going.values().cloned().collect(),
            modules: modules.map(|it| with_copies(&directory, it)).collect(),
            unread: found.unread,
        };
        let log = Log::written(&directory, known).map_err(failed)?;
        let journal = Journal {
            _locked: locked,
            recovery,
            before: log.known.last,
            log: Mutex::new(log),
            directory,
        };
        journal.remove_unneeded(&journal.log());
        Ok(Arc::new(journal))
    }

    /// What was found when it was opened.
    pub(crate) fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Records that the process is stopped in order.
    #[cfg(feature = "signals")]
    pub(crate) fn stops(&self) {
        // Otherwise the next process takes this one for one that was killed.
        let _ = self.log().add(Record::Stopped);
    }

    /// What was kept of a module.
    pub(crate) fn kept(&self, module: &str) -> Option<KeptModule> {
        let kept = self.log().known.modules.get(module).cloned();
        kept.map(|it| with_copies(&self.directory, it))
    }

    /// What was kept of the module that was loaded from this file, or taken from it last.
    pub(crate) fn kept_of_file(&self, file: &Path) -> Option<KeptModule> {
        let log = self.log();
        let mut all = log.known.modules.values();
        let found = all.find(|it| it.start.0 == file || it.current.file == file);
        found.cloned().map(|it| with_copies(&self.directory, it))
    }

    /// Keeps a copy of a file. It is on the disk when this returns.
    pub(crate) fn keep(&self, digest: Digest, bytes: &[u8]) -> io::Result<()> {
        let path = copy_of(&self.directory, digest);
        if path
            .metadata()
            .is_ok_and(|it| it.len() == bytes.len() as u64)
        {
            return Ok(());
        }
        trace("copies");
        let mut whole = WholeFile::beside(&path)?;
        whole.write_all(bytes)?;
        trace("has copied");
        whole.finish(&path)
    }

    /// Keeps what a version has read, beside its copy. It is on the disk when this returns.
    pub(crate) fn keep_read(&self, digest: Digest, read: &FilesRead) -> io::Result<()> {
        let path = read_of(&self.directory, digest);
        let words = read.iter();
        let words = words.flat_map(|(name, bytes)| [name.as_bytes().to_vec(), bytes.clone()]);
        let line = line::write(&words.collect::<Vec<_>>());
        let mut whole = WholeFile::beside(&path)?;
        whole.write_all(&line)?;
        whole.finish(&path)
    }

    /// What a version has read, as far as it was kept whole.
    pub(crate) fn kept_read(&self, digest: Digest) -> FilesRead {
        let line = fs::read(read_of(&self.directory, digest)).unwrap_or_default();
        let words = line.strip_suffix(b"\n").and_then(line::read);
        let words = words.unwrap_or_default();
        let pairs = words.as_chunks::<2>().0.iter();
        let pairs =
            pairs.map(|[name, bytes]| Some((String::from_utf8(name.clone()).ok()?, bytes.clone())));
        pairs.flatten().collect()
    }

    /// Records that these versions are what runs from now on: all of them, or none. `start` is the file, and what
    /// it held, if a module is loaded for the first time in this process.
    pub(crate) fn runs(
        &self,
        all: &[ToRun<'_>],
        start: Option<&(PathBuf, Digest)>,
    ) -> io::Result<()> {
        self.record_modules(all, |known, to| {
            let mut rolled_back = known.map_or_else(Vec::new, |it| it.rolled_back.clone());
            rolled_back.retain(|it| it.digest != to.digest);
            let mut refused = known.map_or_else(Vec::new, |it| it.refused.clone());
            refused.retain(|it| it.digest != to.digest);
            // What was kept of a process before does not run: there is no way back to it.
            let previous = known.filter(|_| start.is_none());
            KeptModule {
                module: to.module.to_owned(),
                previous: previous.map(|it| it.current.clone()),
                rolled_back,
                refused,
                start: match (start, known) {
                    (Some(start), _) => start.clone(),
                    (None, Some(known)) => known.start.clone(),
                    (None, None) => (to.file.to_owned(), to.digest),
                },
                current: self.version(to),
            }
        })?;
        if start.is_some() {
            self.settle(all);
        }
        Ok(())
    }

    /// Records that modules were rolled back to these versions, and why: all of them, or none.
    pub(crate) fn rolls_back(&self, all: &[ToRun<'_>], reason: &str) -> io::Result<()> {
        self.record_modules(all, |known, to| {
            let mut kept = KeptModule {
                module: to.module.to_owned(),
                current: self.version(to),
                previous: None,
                rolled_back: known.map_or_else(Vec::new, |it| it.rolled_back.clone()),
                refused: known.map_or_else(Vec::new, |it| it.refused.clone()),
                start: known.map_or_else(|| (to.file.to_owned(), to.digest), |it| it.start.clone()),
            };
            kept.rolled_back.retain(|it| it.digest != to.digest);
            if let Some(left) = known.map(|it| &it.current) {
                kept.undo(&left.version, left.digest, reason);
            }
            kept
        })
    }

    /// Records that there is no way back from what runs of a module.
    pub(crate) fn makes_permanent(&self, module: &str) -> io::Result<()> {
        let mut log = self.log();
        let Some(kept) = log.known.modules.get(module) else {
            return Ok(());
        };
        let kept = KeptModule {
            previous: None,
            ..kept.clone()
        };
        log.commit(Record::Runs(vec![kept]))?;
        self.remove_unneeded(&log);
        Ok(())
    }

    /// Records that a file was refused as an update of a module.
    pub(super) fn refuses(
        &self,
        module: &str,
        version: &str,
        digest: Digest,
        reason: &str,
    ) -> io::Result<()> {
        let mut log = self.log();
        let Some(mut kept) = log.known.modules.get(module).cloned() else {
            return Ok(());
        };
        add_undone(&mut kept.refused, version, digest, reason);
        log.add(Record::Runs(vec![kept]))
    }

    /// Adds a record of an operation.
    pub(super) fn add(&self, record: Record) -> io::Result<()> {
        self.log().add(record)
    }

    /// Adds what goes on, and gives its number.
    pub(super) fn add_new(&self, begins: Interrupted) -> (u64, io::Result<()>) {
        let mut log = self.log();
        let number = log.known.last + 1;
        (number, log.add(Record::Goes(number, begins)))
    }

    fn record_modules(
        &self,
        all: &[ToRun<'_>],
        becomes: impl Fn(Option<&KeptModule>, &ToRun<'_>) -> KeptModule,
    ) -> io::Result<()> {
        let mut log = self.log();
        let modules = all.iter().map(|to| {
            let known = log.known.modules.get(to.module);
            becomes(known, to)
        });
        let record = Record::Runs(modules.collect());
        log.commit(record)?;
        self.remove_unneeded(&log);
        Ok(())
    }

    /// Ends what the processes before have left of these modules, which run now.
    fn settle(&self, all: &[ToRun<'_>]) {
        let mut log = self.log();
        let left = log.known.going.range(..=self.before);
        let is_over = |it: &Interrupted| match &it.module {
            Some(module) => all.iter().any(|to| to.module == module),
            None => true,
        };
        let left = left
            .filter(|(_, it)| is_over(it))
            .map(|(number, _)| *number);
        for number in left.collect::<Vec<_>>() {
            // Otherwise the next process is told of it once more.
            let _ = log.add(Record::Ended(number));
        }
    }

    fn version(&self, to: &ToRun<'_>) -> KeptVersion {
        KeptVersion {
            version: to.version.to_owned(),
            digest: to.digest,
            file: to.file.to_owned(),
            copy: copy_of(&self.directory, to.digest),
        }
    }

    /// Removes copies that nothing needs. Those that cannot be removed are tried again.
    fn remove_unneeded(&self, log: &Log) {
        let needed = log.known.needed();
        let needed: Vec<PathBuf> = needed
            .iter()
            .flat_map(|it| [copy_of(&self.directory, *it), read_of(&self.directory, *it)])
            .collect();
        let Ok(entries) = fs::read_dir(self.directory.join(COPIES)) else {
            return;
        };
        for path in entries.filter_map(|it| Some(it.ok()?.path())) {
            let is_copy = path.file_stem().and_then(|it| it.to_str());
            let is_copy = is_copy.and_then(Digest::parse).is_some();
            if is_copy && !needed.contains(&path) {
                let _ = fs::remove_file(&path);
            }
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A record is noted when it is written.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host goes in order, and all that belongs to it.
impl Drop for Journal {
    fn drop(&mut self) {
        // Otherwise the next process takes this one for one that was killed.
        let _ = self.log().add(Record::Stopped);
    }
}

impl Log {
    /// Writes a journal anew.
    fn written(directory: &Path, known: Recorded) -> io::Result<Self> {
        let path = directory.join(JOURNAL);
        let journal = known.journal();
        let mut whole = WholeFile::beside(&path)?;
        whole.write_all(&journal)?;
        whole.finish(&path)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        let len = journal.len() as u64;
        Ok(Log {
            directory: directory.to_owned(),
            file,
            len,
            limit: (4 * len).max(LARGE),
            known,
        })
    }

    /// Adds a record of an operation, which is known to this process also where it cannot be written.
    fn add(&mut self, record: Record) -> io::Result<()> {
        let written = self.append(&record);
        self.known.note(record);
        self.shorten();
        written
    }

    /// Adds what runs, and it is there if the machine ends. If this fails, what ran before is known.
    fn commit(&mut self, record: Record) -> io::Result<()> {
        trace("records");
        let before = self.len;
        self.append(&record)?;
        trace("has recorded");
        if let Err(error) = self.file.sync_data() {
            // Whether it is on the disk cannot be known.
            self.file.set_len(before)?;
            self.len = before;
            return Err(error);
        }
        self.known.note(record);
        self.shorten();
        Ok(())
    }

    /// Writes a record, which is there if the process ends.
    fn append(&mut self, record: &Record) -> io::Result<()> {
        let line = record.line();
        if let Err(error) = write_whole(&mut self.file, &line) {
            // What was written of it would damage the next record.
            self.file.set_len(self.len)?;
            return Err(error);
        }
        self.len += line.len() as u64;
        Ok(())
    }

    /// Writes the journal anew if it has become long. If that fails, it becomes longer until it can be.
    fn shorten(&mut self) {
        if self.len > self.limit
            && let Ok(short) = Log::written(&self.directory, self.known.clone())
        {
            *self = short;
        }
    }
}

/// Tells `tracing` how far it is.
pub(super) fn trace(step: &str) {
    #[cfg(feature = "tracing")]
    tracing::trace!(step, "journal");
    let _ = step;
}

/// Makes a directory that only this user may enter, unless it is there.
fn make(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

/// Locks the directory, which must be one that no other user may write to: code is loaded from there.
fn locked(path: &Path) -> Result<Directory, (ErrorKind, String)> {
    let failed = |error: io::Error| (error.kind(), error.to_string());
    let directory = Directory::follow(path).map_err(failed)?;
    let found = directory.found().map_err(failed)?;
    if found.rights & 0o022 != 0 || found.owner != user() {
        let text = format!(
            "it belongs to user {}, with the rights {:o}: others could change what is loaded from there\n  help: have \
             it belong to the server's user ({} now), and let nobody else write there",
            found.owner,
            found.rights,
            user()
        );
        return Err((ErrorKind::PermissionDenied, text));
    }
    let until = Instant::now() + PATIENCE;
    while let Err(error) = directory.try_lock() {
        // A file system without locks is of one host alone, as far as can be known.
        if error.kind() != ErrorKind::WouldBlock {
            break;
        }
        if Instant::now() >= until {
            let text = "another host uses it\n  help: stop that one, or name another directory: each host has its own";
            return Err((ErrorKind::ResourceBusy, text.to_owned()));
        }
        thread::sleep(AGAIN);
    }
    Ok(directory)
}

fn read(journal: &Path) -> io::Result<Vec<u8>> {
    match fs::metadata(journal) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
        Ok(it) if !it.is_file() => return Err(io::Error::other("its journal is no file")),
        Ok(it) if it.len() > TOO_LARGE => {
            return Err(io::Error::other("its journal is larger than any"));
        }
        Ok(_) => {}
    }
    fs::read(journal)
}

/// Where the copy of a file lies.
fn copy_of(directory: &Path, digest: Digest) -> PathBuf {
    directory.join(COPIES).join(format!("{digest}.so"))
}

/// Where what a version has read lies.
fn read_of(directory: &Path, digest: Digest) -> PathBuf {
    directory.join(COPIES).join(format!("{digest}.read"))
}

/// Says where the copies of a module's versions are.
fn with_copies(directory: &Path, mut kept: KeptModule) -> KeptModule {
    for version in [Some(&mut kept.current), kept.previous.as_mut()] {
        version
            .into_iter()
            .for_each(|it| it.copy = copy_of(directory, it.digest));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::recovery::OperationKind;
    use super::*;

    #[test]
    fn a_journal_does_not_grow_for_ever_and_says_the_same_when_it_is_written_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        let journal = Journal::open(&state).map_err(|(_, text)| text);
        let journal = journal.expect("a journal");
        let digest = Digest::of(b"bytes");
        journal.keep(digest, b"bytes").expect("a copy");
        let runs = ToRun {
            module: "game",
            version: "1.0.0",
            digest,
            file: Path::new("/modules/libgame.so"),
        };
        let start = (runs.file.to_owned(), digest);
        journal.runs(&[runs], Some(&start)).expect("a record");
        let begins = || Interrupted::now(OperationKind::Update);
        let going = journal.begin(begins());
        for _ in 0..2000 {
            let operation = journal.begin(begins());
            operation.reaches("linking", true);
        }
        let len = fs::metadata(state.join(JOURNAL)).expect("a journal").len();
        assert!(len <= LARGE + 1000, "{len}");
        let found = read(&state.join(JOURNAL)).expect("a journal");
        let found = Recorded::read(&found).expect("a journal");
        assert_eq!((found.unread, found.known.going.len()), (0, 1));
        assert_eq!(found.known.modules["game"].current.version, "1.0.0");
        assert!(journal.kept("game").expect("a copy").current.copy.exists());
        drop(going);
    }
}
