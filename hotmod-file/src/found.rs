//! A module's file, opened once: the file that its path led to at that moment. Every part of a path is
//! resolved anew each time, since a release is often a link that is later changed.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use hotmod::describe::Rule;
use hotmod::printed::Line;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use crate::names::{Names, shown};
use crate::refusal::{Reason, Refusal, RefusalStage};

/// A file that is open. This file is read, whatever its path leads to from now on.
#[derive(Debug)]
pub struct Found {
    /// The file, open to be read from its beginning.
    pub file: File,
    /// How the file was named, and where it is.
    pub names: Names,
}

/// A directory that files are taken from and must lie in, and how users know it.
#[derive(Clone, Copy, Debug)]
pub struct Confines<'a> {
    /// The directory, from the root on.
    pub directory: &'a Path,
    /// What it is called, such as `module directory`.
    pub called: &'a str,
    /// What it is chosen by.
    pub chosen_by: &'a str,
}

impl Found {
    /// Opens the file that a path names. If there is a module directory, the file must lie in it.
    pub fn new(given: &Path, directory: Option<&Path>) -> Result<Self, Refusal> {
        match directory {
            Some(directory) => Found::within(
                given,
                &Confines {
                    directory,
                    called: "module directory",
                    chosen_by: "HostBuilder::module_dir",
                },
            ),
            None => Found::at(CWD, given, given),
        }
    }

    /// Opens a file in a directory. Both are looked up through one descriptor, so they belong to the same release even
    /// if a link is changed meanwhile.
    pub fn within(given: &Path, confines: &Confines<'_>) -> Result<Self, Refusal> {
        let Confines {
            directory,
            called,
            chosen_by,
        } = *confines;
        let named = match given.parent() {
            Some(parent) if parent.as_os_str().is_empty() => directory.join(given),
            _ => given.to_owned(),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = openat(CWD, directory, flags, Mode::empty());
        let opened = opened.map_err(|error| {
            unreadable(
                given,
                &format!("the {called} {}", Line(directory.display())),
                "one that can be opened",
                (directory, error.into()),
            )
        })?;
        let real =
            resolved(&opened, directory).map_err(|error| unresolved(given, directory, error))?;
        let absolute = std::path::absolute(&named).ok();
        let found = match absolute.as_ref().map(|it| it.strip_prefix(directory)) {
            Some(Ok(below)) if below.file_name().is_some() => Found::at(&opened, below, &named)?,
            _ => Found::at(CWD, &named, &named)?,
        };
        if found.names.resolved.starts_with(&real) {
            return Ok(found);
        }
        let help = format!("copy it there, or name the directory that it is in with `{chosen_by}`");
        Err(Refusal::because(
            given,
            RefusalStage::Inspect,
            Rule::FileOutside,
            Reason {
                what: "the file",
                expected: &format!("inside the {called} {}", shown(directory, &real)),
                found: &Line(found.names.resolved.display()).to_string(),
                help: &help,
            },
        ))
    }

    fn at(directory: impl std::os::fd::AsFd, path: &Path, named: &Path) -> Result<Self, Refusal> {
        // Opening a pipe would otherwise wait until another process writes to it.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(directory, path, flags, Mode::empty()).map_err(|error| {
            let expected = "one that can be read";
            unreadable(named, "the file", expected, (named, error.into()))
        })?;
        let resolved = resolved(&file, named).map_err(|it| unresolved(named, named, it))?;
        Ok(Found {
            file: file.into(),
            names: Names {
                given: named.to_owned(),
                resolved,
            },
        })
    }
}

/// What the kernel appends to the path of a removed file: proc_pid_fd(5).
const DELETED: &[u8] = b" (deleted)";

/// Where the file that was opened under this name really is.
fn resolved(opened: &OwnedFd, named: &Path) -> io::Result<PathBuf> {
    let itself = rustix::fs::fstat(opened)?;
    let is_it = |path: &Path| {
        let found = path.metadata();
        found.is_ok_and(|it| (it.dev(), it.ino()) == (itself.st_dev, itself.st_ino))
    };
    match std::fs::read_link(format!("/proc/self/fd/{}", opened.as_raw_fd())) {
        Ok(path) if is_it(&path) => Ok(path),
        // The file was replaced since.
        Ok(path) => Ok(match path.as_os_str().as_bytes().strip_suffix(DELETED) {
            Some(path) => PathBuf::from(OsStr::from_bytes(path)),
            None => path,
        }),
        // The system does not say where the open file is, so its name is followed again.
        Err(_) => match named.canonicalize()? {
            path if is_it(&path) => Ok(path),
            _ => Err(io::Error::other(
                "it was replaced while it was opened; try again",
            )),
        },
    }
}

fn unresolved(given: &Path, path: &Path, error: io::Error) -> Refusal {
    unreadable(given, "the file", "one whose place is known", (path, error))
}

/// A refusal of a file, because something cannot be opened.
fn unreadable(
    given: &Path,
    what: &str,
    expected: &str,
    (path, error): (&Path, io::Error),
) -> Refusal {
    let found = match broken_link(path) {
        Some(broken) => format!("{error}: {broken}"),
        None => error.to_string(),
    };
    let help = match is_out_of_files(&error) {
        true => {
            "raise `RLIMIT_NOFILE` (`ulimit -n`, `LimitNOFILE=`), or find what leaves files open"
        }
        false => "check the path and its permissions",
    };
    let reason = Reason {
        what,
        expected,
        found: &found,
        help,
    };
    Refusal::because(given, RefusalStage::Inspect, Rule::FileUnreadable, reason).caused_by(error)
}

/// The first link in a path that leads nowhere, in words.
fn broken_link(path: &Path) -> Option<String> {
    let mut so_far = PathBuf::new();
    for part in path.components() {
        so_far.push(part);
        if !matches!(part, Component::Normal(_)) || so_far.metadata().is_ok() {
            continue;
        }
        let target = so_far.read_link().ok()?;
        let link = Line(so_far.display());
        return Some(format!("{link} is a link to {}", Line(target.display())));
    }
    None
}

/// Whether the process, or the system, has as many files open as it may.
pub fn is_out_of_files(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE)
    )
}
