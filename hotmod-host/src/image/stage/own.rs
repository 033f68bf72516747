//! The directory that a host makes for its copies: locked for as long as it may be needed, known
//! by more than its name, and removed by its host or, if that failed, by the next host.
//!
//! The lock is the kernel's on the directory itself (flock(2)), so it ends with the last process that
//! holds it, however that process ends. A process that was forked from the host's holds it too, since it
//! has the same images mapped: the directory stays until both are gone.
//!
//! A directory that is being made cannot be told from one that was left:
//!
//! ```text
//!    maker                                   sweeper
//! 1  make the directory                   a  open it, find it this user's and private
//! 2  open and lock it                     b  lock it, or leave it
//! 3  look whether it is still there       c  remove it
//! ```
//!
//! If *b* comes before 2, the maker waits in 2 until *c* is done, finds in 3 that the directory is
//! gone, and makes another. If 2 comes before *b*, the sweeper leaves it.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use crate::sys;
use crate::sys::directory::{Directory, NamedFile};
use crate::sys::process::user;

/// What the directory's name begins with.
const PREFIX: &str = "hotmod-";
/// How many characters follow, chosen by chance.
const CHOSEN: usize = 12;

/// The rights of the directory: only this user enters it.
const OWN: u32 = 0o700;
/// The rights of a copy: no user may write it.
pub(super) const COPY: u32 = 0o400;

/// How often to make a directory anew when a sweeper has removed it. One sweep removes at most one.
const TRIES: usize = 16;

/// A directory that only this user can enter. Given up when dropped.
#[derive(Debug)]
pub(super) struct Own(Arc<Made>);

/// The directory, which the end of the process finds too: see [`ALL`].
#[derive(Debug)]
struct Made {
    path: PathBuf,
    /// `None` when it was given up.
    lock: Mutex<Option<Locked>>,
    identity: (u64, u64),
    /// The process and the user that made the directory, and how often that process had been forked.
    process: u32,
    user: u32,
    forks: u64,
}

/// The directory, open. It is locked, unless its file system has no locks.
#[derive(Debug)]
struct Locked(Directory);

impl Own {
    /// Makes a directory inside of `parent`, and `parent` too where it does not exist.
    pub(super) fn new(parent: &Path) -> io::Result<Arc<Self>> {
        fs::create_dir_all(parent)?;
        prepare_for_the_end();
        let forks = forks();
        for _ in 0..TRIES {
            let made = tempfile::Builder::new()
                .prefix(PREFIX)
                .rand_bytes(CHOSEN)
                .permissions(Permissions::from_mode(OWN))
                .tempdir_in(parent)?;
            // The process's mask (umask(2)) may take rights away.
            match fs::set_permissions(made.path(), Permissions::from_mode(OWN)) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                done => done?,
            }
            let directory = match Directory::open(made.path()) {
                Ok(directory) => directory,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            // Where directories cannot be locked, a sweeper cannot lock them either, and leaves them.
            let _ = directory.lock();
            let identity = directory.found()?.identity();
            if !is_at(made.path(), identity) {
                continue;
            }
            let made = Arc::new(Made {
                path: made.keep(),
                lock: Mutex::new(Some(Locked(directory))),
                identity,
                process: process::id(),
                user: user(),
                forks,
            });
            let mut all = all();
            all.retain(|known| !known.is_given_up());
            all.push(made.clone());
            return Ok(Arc::new(Own(made)));
        }
        Err(io::Error::other(
            "the directory for copies was removed each time it was made",
        ))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether new copies may go there: the directory is still under its name, no other user could change
    /// the copies, this user made it, and no other process takes the same names in it.
    pub(super) fn takes_copies(&self) -> bool {
        let Made { identity, .. } = *self.0;
        self.0.process == process::id()
            && self.0.user == user()
            && NamedFile::at(self.path())
                .is_some_and(|found| found.identity() == identity && found.rights & 0o077 == 0)
    }

    /// Whether files without a name may be made there.
    pub(super) fn takes_nameless(&self) -> bool {
        self.0.user == user() && is_at(self.path(), self.0.identity)
    }
}

impl Made {
    /// Whether the directory is out of the host's hands. One that is just being removed is not yet.
    fn is_given_up(&self) -> bool {
        self.lock.try_lock().is_ok_and(|lock| lock.is_none())
    }

    /// Removes the directory with its copies, unless a process that was forked from this one needs them.
    /// Leaves what lies under the name now if it is not the host's. A directory that cannot be removed is
    /// left to the next host. Returns when that is done, whichever thread does it.
    fn give_up(&self) {
        // It is taken out whole.
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove_or_leave(&mut lock);
    }

    /// The same as the process exits. In a process that was forked from the host's, the thread that removes the
    /// directory may not exist: what it holds is left to its own process.
    fn give_up_at_exit(&self) {
        if self.process == process::id() {
            self.give_up();
        } else if let Ok(mut lock) = self.lock.try_lock() {
            self.remove_or_leave(&mut lock);
        }
    }

    fn remove_or_leave(&self, lock: &mut Option<Locked>) {
        let Some(Locked(directory)) = lock.take() else {
            return;
        };
        // Not by its path: the process may have another root by now.
        let (Ok(parent), Some(name)) = (directory.parent(), self.path.file_name()) else {
            return;
        };
        if self.process == process::id() && self.forks == forks() {
            let _ = remove(&parent, name, &directory);
        } else {
            // Another process may hold the lock too: then the directory stays for as long as it does.
            drop(directory);
            let _ = remove_if_left(&parent, name);
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// Removes from a directory what dead hosts of this user left there.
pub(super) fn sweep(parent: &Path) {
    let Ok(parent) = Directory::follow(parent) else {
        return;
    };
    let Ok(names) = parent.names() else {
        return;
    };
    for name in names.filter_map(Result::ok) {
        if is_chosen(&name) {
            // What cannot be removed stays.
            let _ = remove_if_left(&parent, &name);
        }
    }
}

/// Whether a directory of copies may have this name.
fn is_chosen(name: &OsStr) -> bool {
    let chosen = name.as_bytes().strip_prefix(PREFIX.as_bytes());
    chosen.is_some_and(|it| it.len() == CHOSEN && it.iter().all(u8::is_ascii_alphanumeric))
}

/// Removes a directory of this user, in which only this user could have written, if no process has it
/// locked.
fn remove_if_left(parent: &Directory, name: &OsStr) -> io::Result<()> {
    let directory = parent.open_in(name)?;
    let (itself, around) = (directory.found()?, parent.found()?);
    let is_private = itself.owner == user() && itself.rights == OWN;
    // Something else may be mounted there.
    if !is_private || itself.device != around.device {
        return Ok(());
    }
    directory.try_lock()?;
    remove(parent, name, &directory)
}

/// Removes a directory that no other process uses, if it holds only copies.
fn remove(parent: &Directory, name: &OsStr, directory: &Directory) -> io::Result<()> {
    if parent.find(name)?.identity() != directory.found()?.identity() {
        return Ok(());
    }
    let mut copies = Vec::new();
    for name in directory.names()? {
        let name = name?;
        if !is_copy(name.as_bytes(), &directory.find(&name)?) {
            return Ok(());
        }
        copies.push(name);
    }
    for copy in copies {
        directory.remove_file(&copy)?;
    }
    parent.remove_directory(name)
}

/// Whether a file could be a copy: `3-game.so`, which this user may read and no user may write.
fn is_copy(name: &[u8], found: &NamedFile) -> bool {
    let number = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    number > 0
        && name[number..].starts_with(b"-")
        && name.ends_with(b".so")
        && found.is_file
        && found.rights == COPY
        && found.owner == user()
}

/// Whether the directory of this identity lies at a path.
fn is_at(path: &Path, identity: (u64, u64)) -> bool {
    NamedFile::at(path).is_some_and(|found| found.identity() == identity)
}

/// Every directory that may have to be removed when the process exits. One that was given up stays in it until
/// another is made.
///
/// The last handle of a host may be dropped by a thread that the end of the process does not wait for. What the list
/// holds does not end with that handle, so that the exit finds the directory however far the thread has come:
///
/// ```text
///    thread                                  exit
/// 1  lock the directory, and remove it    a  lock it: after 1, if 1 came first
/// 2  let go of it                         b  remove it, if it is still there
/// ```
static ALL: Mutex<Vec<Arc<Made>>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<Arc<Made>>> {
    // An entry is added and removed whole.
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often this process, or a process that it was forked from, forked, as far as the system's library
/// knows. Processes that run another program at once do not count.
static FORKS: AtomicU64 = AtomicU64::new(0);

fn forks() -> u64 {
    // Relaxed: a thread that forks, and each thread that it synchronises with afterwards, see the count
    // raised. Forks by other threads at the same moment may be missed.
    FORKS.load(Ordering::Relaxed)
}

/// Has forks counted, and has directories removed when the process exits while hosts live, as hosts in
/// statics do.
fn prepare_for_the_end() {
    extern "C" fn forks() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    extern "C" fn exits() {
        // Other threads may still run. A thread that has the list locked is adding a directory right now.
        let Ok(all) = ALL.try_lock() else { return };
        all.iter().for_each(|made| made.give_up_at_exit());
    }
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        sys::exit::before_forks(forks);
        sys::exit::at_exit(exits);
    });
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{OpenOptionsExt, symlink};
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::sys::process::copies;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names
            .map(|it| it.into_string().expect("a name in UTF-8"))
            .collect();
        names.sort();
        names
    }

    fn make(directory: &Path, mode: u32) {
        fs::create_dir(directory).expect("a directory");
        fs::set_permissions(directory, Permissions::from_mode(mode)).expect("permissions");
    }

    fn write(file: &Path, mode: u32) {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        options.open(file).expect("a file");
    }

    #[test]
    fn a_directory_that_was_left_is_swept_and_nothing_else() {
        let parent = tempfile::tempdir().expect("a directory");
        let parent = parent.path();
        let living = Own::new(parent).expect("a directory");
        write(&living.path().join("1-game.so"), 0o400);

        let left = parent.join("hotmod-abcdefABCD01");
        make(&left, 0o700);
        write(&left.join("1-game.so"), 0o400);
        write(&left.join("2-game.so"), 0o400);
        make(&parent.join("hotmod-empty0000000"), 0o700);

        let theirs = parent.join("theirs");
        make(&theirs, 0o700);
        write(&theirs.join("1-game.so"), 0o400);
        symlink(&theirs, parent.join("hotmod-symlink00000")).expect("a link");
        write(&parent.join("hotmod-file00000000"), 0o400);
        make(&parent.join("hotmod-notes"), 0o700);
        make(&parent.join("hotmod-open00000000"), 0o755);
        for (name, file, mode) in [
            ("hotmod-other0000000", "notes.txt", 0o400),
            ("hotmod-writable0000", "1-game.so", 0o600),
            ("hotmod-unnumbered00", "game.so", 0o400),
        ] {
            make(&parent.join(name), 0o700);
            write(&parent.join(name).join(file), mode);
            write(&parent.join(name).join("9-game.so"), 0o400);
        }
        let linking = parent.join("hotmod-linking00000");
        make(&linking, 0o700);
        symlink(theirs.join("1-game.so"), linking.join("1-game.so")).expect("a link");
        make(&parent.join("hotmod-nested000000"), 0o700);
        make(&parent.join("hotmod-nested000000/1-game.so"), 0o400);

        let mut expected = names(parent);
        expected.retain(|name| name != "hotmod-abcdefABCD01" && name != "hotmod-empty0000000");
        sweep(parent);
        assert_eq!(names(parent), expected);
        assert_eq!(names(living.path()), ["1-game.so"]);
        assert_eq!(names(&theirs), ["1-game.so"]);
        assert_eq!(names(&parent.join("hotmod-other0000000")).len(), 2);
        assert_eq!(names(&parent.join("hotmod-writable0000")).len(), 2);
        assert_eq!(names(&linking), ["1-game.so"]);
        drop(living);
        expected.retain(|name| parent.join(name).exists());
        assert_eq!(names(parent), expected);
    }

    /// Hosts that start while others sweep: none loses its directory.
    #[test]
    fn a_directory_that_is_being_made_is_not_swept_away() {
        // A copy would keep a directory that is to be removed.
        let _copies = copies::none();
        let parent = tempfile::tempdir().expect("a directory");
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        sweep(parent.path());
                    }
                });
            }
            let all_held = std::panic::catch_unwind(|| {
                for _ in 0..500 {
                    let own = Own::new(parent.path()).expect("a directory");
                    write(&own.path().join("1-game.so"), 0o400);
                    assert!(own.takes_copies(), "it was swept");
                    assert_eq!(names(own.path()), ["1-game.so"]);
                }
            });
            over.store(true, Ordering::Relaxed);
            all_held.expect("every directory stays");
        });
        assert_eq!(names(parent.path()), [] as [&str; 0]);
    }
}
