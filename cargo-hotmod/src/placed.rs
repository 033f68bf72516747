//! A built file, on its way into the server's module directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hotmod::printed::Line;
use hotmod_file::{Inspected, inspect};
use serde_json::{Value, json};

use crate::admin::{Admin, Unanswered};
use crate::output::Failure;
use crate::project::Project;

/// A copy of a built file in the module directory, under a name that no watch takes. Removed when this is dropped.
pub(crate) struct Beside {
    /// Where it lies.
    path: PathBuf,
    /// Where it is to lie.
    pub(crate) destination: PathBuf,
    pub(crate) module: Inspected,
}

impl Beside {
    /// Copies a built file to where it will be moved from, and has `finish` change the copy.
    pub(crate) fn new(
        project: &Project,
        built: &Path,
        finish: impl FnOnce(&Path) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let name = built.file_name().unwrap_or(built.as_os_str());
        let destination = project.modules.join(name);
        let mut path = destination.clone().into_os_string();
        // A watch takes what ends with `.so`.
        path.push(format!(".{}", std::process::id()));
        let path = PathBuf::from(path);
        let unwritable = |error: io::Error| {
            Failure::undone(
                format!("{} cannot be written: {error}", Line(path.display())),
                "check the permissions of the module directory, or name another by `--modules`",
            )
        };
        fs::create_dir_all(&project.modules).map_err(unwritable)?;
        fs::copy(built, &path).map_err(unwritable)?;
        let finished = finish(&path).and_then(|()| Ok(inspect(&path)?));
        let module = finished.inspect_err(|_| drop(fs::remove_file(&path)))?;
        Ok(Beside {
            path,
            destination,
            module,
        })
    }

    pub(crate) fn digest(&self) -> String {
        self.module.digest().to_string()
    }

    /// What the server would do with it, as `cargo hotmod diff --format json` prints it, with a `text` and the `tag` of the generation
    /// that it was held against; `None` if no server runs, or it runs no such module.
    pub(crate) fn plan(&self, admin: &Admin) -> Result<Option<Value>, Unanswered> {
        let body = json!({ "file": name(&self.path) });
        let answer = match admin.plan(&self.module.build().module, "update", &body) {
            Err(Unanswered::Nobody) => return Ok(None),
            answer => answer?,
        };
        match answer.status.is_success() {
            true => Ok(Some(answer.body)),
            false if answer.body["error"] == "not-found" => Ok(None),
            false => Err(Unanswered::Broken(answer.text())),
        }
    }

    /// Moves it to its place, where a server takes it. Its name there.
    pub(crate) fn place(self) -> Result<String, Failure> {
        fs::rename(&self.path, &self.destination).map_err(|error| {
            Failure::undone(
                format!(
                    "{} cannot be written: {error}",
                    Line(self.destination.display())
                ),
                "check what lies there, and the permissions of the module directory",
            )
        })?;
        Ok(name(&self.destination))
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone once it was placed.
        let _ = fs::remove_file(&self.path);
    }
}
