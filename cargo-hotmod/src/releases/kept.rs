//! The releases that were kept: lock files, module files, and what git has of a lock file.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotmod::printed::Line;
use hotmod_file::{Inspected, ModuleView, Refusal, inspect};
use semver::Version;

use crate::lock::{Lock, Reuse};
use crate::output::Failure;

/// All that were kept of one module, each version once.
pub(super) struct KeptReleases {
    pub(super) module: String,
    /// By the version, the oldest first.
    pub(super) releases: BTreeMap<(Option<Version>, String), KeptRelease>,
    /// What was found, and cannot be compared; and why.
    pub(super) unusable: Vec<(String, String)>,
}

/// One release.
pub(super) struct KeptRelease {
    /// Where it is described.
    pub(super) file: String,
    /// Where else it is.
    pub(super) left_out: Vec<String>,
    described: Release,
}

enum Release {
    File(Box<Inspected>),
    Lock(Box<Lock>),
}

impl Release {
    fn view(&self) -> ModuleView<'_> {
        match self {
            Release::File(module) => (&**module).into(),
            Release::Lock(lock) => ModuleView::new(&lock.manifest, &lock.build),
        }
    }
}

impl KeptReleases {
    pub(super) fn views(&self) -> impl Iterator<Item = ModuleView<'_>> {
        self.releases.values().map(|it| it.described.view())
    }

    /// The names that each release gives to something else than one before it: than the last whose lock lists them.
    pub(super) fn reused(&self) -> Vec<Vec<Reuse>> {
        let mut removed = None;
        let all = self.releases.values().map(|it| {
            let before = match &it.described {
                Release::Lock(lock) => removed.replace(&lock.removed),
                Release::File(_) => removed,
            };
            let manifest = it.described.view().manifest();
            before.map_or_else(Vec::new, |names| names.reused(manifest))
        });
        all.collect()
    }

    /// Those in these files and directories.
    pub(super) fn of_paths(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut kept = KeptReleases::none();
        for path in paths {
            match path.is_dir() {
                false => kept.add_file(path)?,
                true => {
                    for file in files_of(path)? {
                        kept.add_found(&file)?;
                    }
                }
            }
        }
        kept.some(&paths[0])
    }

    /// Those that git has kept of a lock file, and the file itself.
    pub(super) fn of_history(lock: &Path) -> Result<Self, Failure> {
        let mut kept = KeptReleases::none();
        kept.add_file(lock)?;
        for (commit, text) in committed(lock) {
            let label = format!("{} at {commit}", lock.display());
            kept.add_lock(label, Lock::parse(lock, &text))?;
        }
        kept.some(lock)
    }

    fn none() -> Self {
        KeptReleases {
            module: String::new(),
            releases: BTreeMap::new(),
            unusable: Vec::new(),
        }
    }

    fn some(self, path: &Path) -> Result<Self, Failure> {
        match self.releases.is_empty() {
            false => Ok(self),
            true => {
                let why = self.unusable.first().map(|(_, reason)| reason.clone());
                let why = why.unwrap_or_else(|| "it has no lock or module file".to_owned());
                let help = "keep the lock file of each release, which `cargo hotmod lock` writes";
                Err(Failure::lock(path, why, help))
            }
        }
    }

    fn add_file(&mut self, path: &Path) -> Result<(), Failure> {
        let label = path.display().to_string();
        match path.extension() == Some(OsStr::new("so")) {
            true => {
                let module = inspect(path)?;
                self.add(label, path, Release::File(Box::new(module)))
            }
            false => self.add_lock(label, Lock::read(path)),
        }
    }

    /// Adds a file that was found in a directory. One that cannot be read as a module is noted as unusable, where
    /// [`add_file`](KeptReleases::add_file) fails.
    fn add_found(&mut self, path: &Path) -> Result<(), Failure> {
        match self.add_file(path) {
            Err(Failure::Files(refusals)) => {
                let reasons: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
                let label = path.display().to_string();
                self.unusable.push((label, reasons.join("\n")));
                Ok(())
            }
            added => added,
        }
    }

    /// Adds a lock. One that cannot be compared is noted: it cannot be written again where it is of the past.
    fn add_lock(&mut self, label: String, lock: Result<Lock, Failure>) -> Result<(), Failure> {
        let path = PathBuf::from(&label);
        let usable = lock.and_then(|lock| lock.require_functions(&path).map(|()| lock));
        match usable {
            Ok(lock) => self.add(label, &path, Release::Lock(Box::new(lock))),
            Err(Failure::Lock { reason, .. }) => {
                self.unusable.push((label, reason));
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    fn add(&mut self, label: String, path: &Path, described: Release) -> Result<(), Failure> {
        let build = described.view().build().clone();
        if self.module.is_empty() {
            self.module.clone_from(&build.module);
        }
        if self.module != build.module {
            let reason = format!(
                "it is of module `{}`, and others are of `{}`",
                Line(&build.module),
                Line(&self.module)
            );
            return Err(Failure::lock(
                path,
                reason,
                "name the releases of one module",
            ));
        }
        let version = (Version::parse(&build.version).ok(), build.version);
        match self.releases.get_mut(&version) {
            Some(known) => known.left_out.push(label),
            None => {
                let release = KeptRelease {
                    file: label,
                    left_out: Vec::new(),
                    described,
                };
                self.releases.insert(version, release);
            }
        }
        Ok(())
    }
}

/// The lock and module files of a directory, by name.
fn files_of(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| {
        let help = "check the path and its permissions";
        Failure::lock(directory, format!("it cannot be read: {error}"), help)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let extension = path.extension().and_then(OsStr::to_str);
        if matches!(extension, Some("so" | "lock")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What git has kept of a file, the newest first, each with its commit. Nothing where there is no git, or where it does
/// not know the file.
fn committed(file: &Path) -> Vec<(String, String)> {
    let directory = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let Some(name) = file.file_name().and_then(OsStr::to_str) else {
        return Vec::new();
    };
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(directory)
            .args(arguments)
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then_some(text)
    };
    let commits = git(&["log", "--format=%h", "--", name]).unwrap_or_default();
    let commits = commits.lines().filter_map(|commit| {
        let text = git(&["show", &format!("{commit}:./{name}")])?;
        Some((commit.to_owned(), text))
    });
    commits.collect()
}
