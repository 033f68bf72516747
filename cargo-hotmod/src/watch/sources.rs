//! The sources that modules and a server are built from, as they are, and when they change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use hotmod::printed::Line;
use ignore::{DirEntry, WalkBuilder};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::output::Failure;

/// The largest file that is compared by what it holds. Others are by their times.
const LARGEST: u64 = 4 << 20;

/// Directories that are looked at.
pub(super) struct Looked {
    /// Of the packages.
    roots: BTreeSet<PathBuf>,
    /// What else cargo reads.
    files: Vec<PathBuf>,
    /// What is written by builds.
    left_out: Vec<PathBuf>,
    watcher: RecommendedWatcher,
    /// Those that are listened to. One that was made anew under its path is another.
    heard: BTreeSet<(PathBuf, u64)>,
}

/// What the sources are at a moment.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Sources(BTreeMap<PathBuf, SourceFile>);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum SourceFile {
    Holds(Arc<[u8]>),
    Large {
        bytes: u64,
        modified: Option<SystemTime>,
    },
}

impl Looked {
    /// Begins to listen for changes, each of which is told.
    pub(super) fn new(
        roots: BTreeSet<PathBuf>,
        workspace: &Path,
        left_out: Vec<PathBuf>,
        tell: impl Fn() + Send + 'static,
    ) -> Result<Self, Failure> {
        let hear = move |event: notify::Result<Event>| {
            // To read a file is an event, too. An error may stand for changes that were missed.
            if !event.is_ok_and(|it| matches!(it.kind, EventKind::Access(_))) {
                tell();
            }
        };
        let watcher =
            notify::recommended_watcher(hear).map_err(|error| unheard(workspace, &error))?;
        Ok(Looked {
            roots,
            files: ["Cargo.toml", "Cargo.lock"]
                .map(|it| workspace.join(it))
                .into(),
            left_out,
            watcher,
            heard: BTreeSet::new(),
        })
    }

    /// Reads what is there. What `.gitignore` and the like leave out, this does too.
    pub(super) fn read(&mut self) -> Result<Sources, Failure> {
        loop {
            let (sources, directories) = self.walk();
            let new: Vec<PathBuf> = directories
                .difference(&self.heard)
                .map(|(path, _)| path.clone())
                .collect();
            self.heard = directories;
            if new.is_empty() {
                return Ok(sources);
            }
            for directory in new {
                let heard = self.watcher.watch(&directory, RecursiveMode::NonRecursive);
                // One that is gone by now is a change of the directory above.
                if let Err(error) = heard
                    && directory.exists()
                {
                    return Err(unheard(&directory, &error));
                }
            }
            // What was made in a directory before it was listened to is found by reading again.
        }
    }

    fn walk(&self) -> (Sources, BTreeSet<(PathBuf, u64)>) {
        let mut sources = Sources::default();
        let mut directories = BTreeSet::new();
        let mut note = |directory: &Path| {
            if let Ok(metadata) = fs::metadata(directory) {
                directories.insert((directory.to_owned(), metadata.ino()));
            }
        };
        let parents = self.files.iter().filter_map(|it| it.parent());
        parents.for_each(&mut note);
        for file in &self.files {
            sources.add(file);
        }
        for root in &self.roots {
            let (of, left_out) = (root.clone(), self.left_out.clone());
            // Cargo follows links, too.
            let walk = WalkBuilder::new(root)
                .require_git(false)
                .follow_links(true)
                .filter_entry(move |entry| !is_left_out(entry, &of, &left_out))
                .build();
            for entry in walk.flatten() {
                match entry.file_type() {
                    Some(it) if it.is_dir() => note(entry.path()),
                    _ => sources.add(entry.path()),
                }
                // What a linked file holds changes where that lies.
                if entry.path_is_symlink()
                    && let Ok(file) = entry.path().canonicalize()
                {
                    file.parent().into_iter().for_each(&mut note);
                }
            }
        }
        (sources, directories)
    }
}

/// Whether an entry is what builds write, be it by a link, or leads up from the package.
fn is_left_out(entry: &DirEntry, root: &Path, left_out: &[PathBuf]) -> bool {
    if left_out.iter().any(|it| it == entry.path()) {
        return true;
    }
    if !entry.path_is_symlink() || entry.depth() == 0 {
        return false;
    }
    let Ok(to) = entry.path().canonicalize() else {
        return false;
    };
    let is_written = |it: &PathBuf| it.canonicalize().is_ok_and(|it| to.starts_with(it));
    let leads_up = root.canonicalize().is_ok_and(|it| it.starts_with(&to));
    leads_up || left_out.iter().any(is_written)
}

fn unheard(directory: &Path, error: &notify::Error) -> Failure {
    Failure::undone(
        format!(
            "the system does not tell of changes in {}: {error}",
            Line(directory.display())
        ),
        "let the user have more of `fs.inotify.max_user_watches` and `max_user_instances`",
    )
}

impl Sources {
    fn add(&mut self, file: &Path) {
        // One that is gone, or is no file, is none.
        let Ok(metadata) = fs::metadata(file) else {
            return;
        };
        let source = match metadata.len() {
            _ if !metadata.is_file() => return,
            bytes if bytes > LARGEST => SourceFile::Large {
                bytes,
                modified: metadata.modified().ok(),
            },
            _ => match fs::read(file) {
                Ok(bytes) => SourceFile::Holds(bytes.into()),
                Err(_) => return,
            },
        };
        self.0.insert(file.to_owned(), source);
    }

    /// How many files.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Those beneath some directories, and those that stand in none of the packages.
    pub(super) fn of(&self, directories: &BTreeSet<PathBuf>, all: &BTreeSet<PathBuf>) -> Sources {
        let within = |file: &Path, of: &BTreeSet<PathBuf>| of.iter().any(|it| file.starts_with(it));
        let its = self
            .0
            .iter()
            .filter(|(file, _)| within(file, directories) || !within(file, all));
        Sources(
            its.map(|(file, source)| (file.clone(), source.clone()))
                .collect(),
        )
    }

    /// The files that are not what they were, with what they were and are.
    pub(super) fn differing<'s>(
        &'s self,
        before: &'s Sources,
    ) -> impl Iterator<Item = (&'s Path, Option<&'s SourceFile>, Option<&'s SourceFile>)> {
        let files: BTreeSet<&PathBuf> = before.0.keys().chain(self.0.keys()).collect();
        let sides = files
            .into_iter()
            .map(|it| (it.as_path(), before.0.get(it), self.0.get(it)));
        sides.filter(|(_, was, is)| was != is)
    }

    /// Whether what cargo reads of packages is not what it was.
    pub(super) fn has_other_manifests(&self, before: &Sources) -> bool {
        let names = ["Cargo.toml", "Cargo.lock"];
        let mut files = self
            .differing(before)
            .filter_map(|(file, ..)| file.file_name());
        files.any(|name| names.iter().any(|it| name == *it))
    }
}

impl SourceFile {
    /// As a text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            SourceFile::Holds(bytes) => std::str::from_utf8(bytes).ok(),
            SourceFile::Large { .. } => None,
        }
    }
}
