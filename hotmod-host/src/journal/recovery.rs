//! What is told of the process before.

use std::fmt;
use std::path::PathBuf;
use std::process;
use std::time::SystemTime;

use hotmod::printed::{Line, lines};
use hotmod_file::Digest;

/// How many versions are known at most of a module that are not taken up by themselves.
pub(crate) const UNDONE: usize = 16;

/// How many characters are kept at most of why that is so.
const REASON: usize = 500;

/// What a host has found in its directory for that ([`HostBuilder::state_dir`](crate::HostBuilder::state_dir)) when it was
/// built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// What was going on when the process before ended, in the order in which it had begun. Empty if that ended with
    /// nothing going on.
    pub interrupted: Vec<Interrupted>,
    /// The modules, by name, with the version that ran of each: what is loaded where its file is refused, or gone.
    pub modules: Vec<KeptModule>,
    /// How many lines of the journal could not be read, without one that was being written when the process ended.
    pub unread: usize,
}

/// Something that was being done when a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interrupted {
    /// What.
    pub operation: OperationKind,
    /// The module, if its file had said by then which it is.
    pub module: Option<String>,
    /// The version that ran, if one did.
    pub from: Option<String>,
    /// The version that was to run, if that was known by then.
    pub to: Option<String>,
    /// The digest of its file.
    pub digest: Option<Digest>,
    /// The file, as it was given. A rollback has none.
    pub file: Option<PathBuf>,
    /// How far it had come: a state of [`UpdateState`](crate::UpdateState), such as `linking`.
    pub step: Option<String>,
    /// Whether code of the version that was to run may have run in the process by then: it was being loaded, or was on trial.
    /// A file of it is not taken up by itself: what ended the process may have been that.
    pub has_run: bool,
    /// When it began.
    pub since: SystemTime,
    /// The process.
    pub process: u32,
}

impl Interrupted {
    /// What begins now in this process, as far as that is known.
    pub(crate) fn now(operation: OperationKind) -> Self {
        Interrupted {
            operation,
            module: None,
            from: None,
            to: None,
            digest: None,
            file: None,
            step: None,
            has_run: false,
            since: SystemTime::now(),
            process: process::id(),
        }
    }
}

/// What a host does to modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperationKind {
    /// A module is loaded.
    Load,
    /// A module is updated.
    Update,
    /// A version is on trial as a canary, or about to be.
    Canary,
    /// A version is compared in the shadow, or about to be.
    Shadow,
    /// A version is loaded to rehearse in the process.
    Candidate,
    /// An update is rehearsed in a copy of the process.
    Rehearsal,
    /// A module is rolled back.
    Rollback,
}

impl OperationKind {
    pub(super) const ALL: [OperationKind; 7] = [
        OperationKind::Load,
        OperationKind::Update,
        OperationKind::Canary,
        OperationKind::Shadow,
        OperationKind::Candidate,
        OperationKind::Rehearsal,
        OperationKind::Rollback,
    ];

    /// Its name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            OperationKind::Load => "load",
            OperationKind::Update => "update",
            OperationKind::Canary => "canary",
            OperationKind::Shadow => "shadow",
            OperationKind::Candidate => "candidate",
            OperationKind::Rehearsal => "rehearsal",
            OperationKind::Rollback => "rollback",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        OperationKind::ALL
            .into_iter()
            .find(|it| it.as_str() == name)
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A module of which a host has kept what ran.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptModule {
    /// Its name.
    pub module: String,
    /// The version that ran: the last that was accepted, and not rolled back since.
    pub current: KeptVersion,
    /// The version before, to which a rollback would have led.
    pub previous: Option<KeptVersion>,
    /// The last versions that were rolled back, or were being taken up when a process ended, the latest last. A file of
    /// one of these is not taken up by itself.
    pub rolled_back: Vec<UndoneVersion>,
    /// The last files that were refused as updates, the latest last. None of them is what a process begins with, unless the
    /// one before was stopped in order: then it is the server's wish to begin anew.
    pub refused: Vec<UndoneVersion>,
    /// The file that it was loaded from when its process began, and the digest of that.
    pub(crate) start: (PathBuf, Digest),
}

/// A version of which a host has kept a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptVersion {
    /// The version.
    pub version: String,
    /// The digest of its file.
    pub digest: Digest,
    /// The file that it was taken from, as it was given.
    pub file: PathBuf,
    /// The copy of that.
    pub copy: PathBuf,
}

/// A version that was rolled back, refused, or being taken up when a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoneVersion {
    /// The version.
    pub version: String,
    /// The digest of its file.
    pub digest: Digest,
    /// Why it is not to run.
    pub reason: String,
}

/// Adds a version to those that are not taken up by themselves, of which there are so many at most.
pub(crate) fn add_undone(
    all: &mut Vec<UndoneVersion>,
    version: &str,
    digest: Digest,
    reason: &str,
) {
    all.retain(|it| it.digest != digest);
    all.push(UndoneVersion {
        version: version.to_owned(),
        digest,
        reason: reason.chars().take(REASON).collect(),
    });
    let more = all.len().saturating_sub(UNDONE);
    all.drain(..more);
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            write!(f, "{}", self.operation)?;
            if let Some(module) = &self.module {
                write!(f, " of module `{}`", Line(module))?;
            }
            match (&self.from, &self.to) {
                (Some(from), Some(to)) => write!(f, " {} → {}", Line(from), Line(to))?,
                (Some(from), None) => write!(f, " {} → ?", Line(from))?,
                (None, Some(to)) => write!(f, " {}", Line(to))?,
                (None, None) => {}
            }
            if let Some(file) = &self.file {
                write!(f, " from {}", Line(file.display()))?;
            }
            if let Some(step) = &self.step {
                write!(f, ", {}", Line(step))?;
            }
            if let Ok(time) = self.since.elapsed() {
                write!(f, ", {time:.1?} ago")?;
            }
            write!(f, ", in process {}", self.process)?;
            match &self.digest {
                Some(digest) => write!(f, "\n  digest: {digest}"),
                None => Ok(()),
            }
        })
    }
}

/// Prints what a server says when it starts: what was going on, and what runs of each module.
impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            if *self == Recovery::default() {
                return f.write_str("nothing is known of a process before this one");
            }
            match self.interrupted.len() {
                0 => f.write_str("nothing was going on when the process before ended")?,
                _ => f.write_str("when the process before ended, this was going on:")?,
            }
            for interrupted in &self.interrupted {
                write!(f, "\n  {}", interrupted.to_string().replace('\n', "\n  "))?;
            }
            for kept in &self.modules {
                let KeptVersion { version, file, .. } = &kept.current;
                let file = Line(file.display());
                write!(
                    f,
                    "\n  module `{}` ran {}, from {file}",
                    Line(&kept.module),
                    Line(version)
                )?;
            }
            match self.unread {
                0 => Ok(()),
                lines => write!(f, "\n  of the journal, {lines} lines are damaged"),
            }
        })
    }
}
