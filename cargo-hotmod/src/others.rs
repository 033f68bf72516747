//! The other modules of a host that is asked about, by their files or locks.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use hotmod::printed::Line;
use hotmod_file::describe::Rule;
use hotmod_file::{Inspected, KnownModules, ModuleView, inspect};

use crate::json;
use crate::lock::Lock;
use crate::output::Failure;

/// Which modules run beside.
#[derive(Args)]
pub(crate) struct WithOthers {
    /// Compare with this module, which runs beside: its file, its lock, or a directory of module files. Given once
    /// or more, those are all that do. Of modules that are updated together, name the builds that are to run
    #[arg(long = "with", value_name = "MODULE")]
    with: Vec<PathBuf>,
}

/// The modules that run beside, and no others do.
pub(crate) struct Others(Vec<OtherModule>);

enum OtherModule {
    File(Box<Inspected>),
    Lock(PathBuf, Box<Lock>),
}

impl WithOthers {
    /// Reads those that run beside a module of this name; `None` if the question is not about others.
    pub(crate) fn read(&self, module: &str) -> Result<Option<Others>, Failure> {
        if self.with.is_empty() {
            return Ok(None);
        }
        let mut others: Vec<OtherModule> = Vec::new();
        for path in &self.with {
            let read = match path.is_dir() {
                true => of_directory(path, module)?,
                false => vec![of_file(path, module)?],
            };
            for other in read {
                let name = &other.view().build().module;
                let known = others.iter().find(|it| it.view().build().module == *name);
                if let Some(known) = known {
                    return Err(Failure::lock(
                        other.path(),
                        format!(
                            "it is of module `{name}`, and so is {}",
                            Line(known.path().display())
                        ),
                        "name one version of each module that runs beside",
                    ));
                }
                others.push(other);
            }
        }
        Ok(Some(Others(others)))
    }
}

/// The modules in a directory, but for those of the module that they run beside.
fn of_directory(directory: &Path, module: &str) -> Result<Vec<OtherModule>, Failure> {
    let unreadable = |error| {
        let help = "check the path and its permissions";
        Failure::lock(directory, format!("it cannot be read: {error}"), help)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_library = path.extension() == Some(OsStr::new("so"));
        if is_library && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut others = Vec::new();
    for file in files {
        match inspect(&file) {
            Ok(other) if other.build().module == module => {}
            Ok(other) => others.push(OtherModule::File(Box::new(other))),
            // Another library.
            Err(refusal)
                if refusal
                    .differences()
                    .iter()
                    .any(|it| it.rule == Rule::NotAModule) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(others)
}

fn of_file(path: &Path, module: &str) -> Result<OtherModule, Failure> {
    let other = match is_text(path) {
        true => {
            let lock = Lock::read(path)?;
            lock.require_uses(path)?;
            OtherModule::Lock(path.to_owned(), Box::new(lock))
        }
        false => OtherModule::File(Box::new(inspect(path)?)),
    };
    match other.view().build().module == module {
        true => Err(Failure::lock(
            path,
            format!("it is of module `{module}` itself"),
            "name the modules that run beside it",
        )),
        false => Ok(other),
    }
}

/// Whether a file begins as a lock does. What cannot be read does not.
fn is_text(path: &Path) -> bool {
    let mut start = [0; 1];
    // Opening a pipe would wait for its writer.
    let is_file = path.is_file();
    let mut read = || File::open(path)?.read_exact(&mut start);
    is_file && read().is_ok() && start == *b"{"
}

impl OtherModule {
    fn path(&self) -> &Path {
        match self {
            OtherModule::File(module) => module.file(),
            OtherModule::Lock(path, _) => path,
        }
    }

    fn view(&self) -> ModuleView<'_> {
        match self {
            OtherModule::File(module) => ModuleView::from(&**module),
            OtherModule::Lock(_, lock) => ModuleView::new(&lock.manifest, &lock.build),
        }
    }
}

impl Others {
    pub(crate) fn known(&self) -> KnownModules<'_> {
        let mut known = KnownModules::default();
        for other in &self.0 {
            known.add(other.view());
        }
        known
    }

    pub(crate) fn json(&self) -> Vec<json::JsonBuild<'_>> {
        let all = self.0.iter().map(|it| match it {
            OtherModule::File(module) => json::JsonBuild::of(module),
            OtherModule::Lock(path, lock) => json::JsonBuild::locked(path, &lock.build),
        });
        all.collect()
    }
}

/// As ``beside `combat` 1.0.0 (libcombat.so)``.
impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("beside no other module");
        }
        for (place, it) in self.0.iter().enumerate() {
            let build = it.view().build();
            let before = if place == 0 { "beside " } else { ", " };
            let (module, version) = (&build.module, &build.version);
            write!(
                f,
                "{before}`{module}` {version} ({})",
                Line(it.path().display())
            )?;
        }
        Ok(())
    }
}
