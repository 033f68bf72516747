//! A built file, on its way into the server's module directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hotmod::printed::Line;
use hotmod_file::{Inspected, inspect};
use serde_json::{Value, json};

use crate::admin::{Admin, Unanswered};
use crate::left::is_left;
use crate::output::Failure;
use crate::project::Project;

/// A copy of a built file in the module directory, under a name that no watch takes. Removed when this is dropped.
pub(crate) struct Beside {
    copy: Copied,
    /// Where it is to lie.
    pub(crate) destination: PathBuf,
    pub(crate) module: Inspected,
}

/// Where the copy lies. Removed when this is dropped.
struct Copied(PathBuf);

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
        let copy = Copied(path.into());
        let unwritable = |error: io::Error| {
            Failure::undone(
                format!("{} cannot be written: {error}", Line(copy.0.display())),
                "check the permissions of the module directory, or name another by `--modules`",
            )
        };
        fs::create_dir_all(&project.modules).map_err(unwritable)?;
        remove_left(&destination);
        fs::copy(built, &copy.0).map_err(unwritable)?;
        finish(&copy.0)?;
        // What is wrong with the copy is so with what was built, whose name says more.
        let module = inspect(&copy.0).map_err(|of_copy| inspect(built).err().unwrap_or(of_copy))?;
        Ok(Beside {
            copy,
            destination,
            module,
        })
    }

    pub(crate) fn digest(&self) -> String {
        self.module.digest().to_string()
    }

    /// What the server would do with it, as `cargo hotmod diff --format json` prints it, with a `text` and the `tag` of the
    /// generation that it was held against; `None` if no server runs, or it runs no such module. The server is asked about
    /// the copy, and what it says is said of the file that this is to be.
    pub(crate) fn plan(&self, admin: &Admin) -> Result<Option<Value>, Unanswered> {
        let copy = name(&self.copy.0);
        let body = json!({ "file": copy });
        let mut answer = match admin.plan(&self.module.build().module, "update", &body) {
            Err(Unanswered::Nobody) => return Ok(None),
            answer => answer?,
        };
        rename(&mut answer.body, &copy, &name(&self.destination));
        match answer.status.is_success() {
            true => Ok(Some(answer.body)),
            false if answer.body["error"] == "not-found" => Ok(None),
            false => Err(Unanswered::Broken(answer.text())),
        }
    }

    /// Moves it to its place, where a server takes it. Its name there.
    pub(crate) fn place(self) -> Result<String, Failure> {
        fs::rename(&self.copy.0, &self.destination).map_err(|error| {
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

/// Removes copies that processes have left which were killed.
fn remove_left(destination: &Path) {
    let prefix = format!("{}.", name(destination));
    let around = destination.parent().map(fs::read_dir);
    for entry in around.into_iter().flatten().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|it| it.strip_prefix(&prefix));
        let is_copy = number.is_some_and(|it| it.parse::<u32>().is_ok());
        if is_copy && is_left(&entry) {
            // What cannot be removed stays; no watch takes it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Has all texts of an answer name another file.
fn rename(answer: &mut Value, from: &str, to: &str) {
    match answer {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|it| rename(it, from, to)),
        Value::Object(fields) => fields.values_mut().for_each(|it| rename(it, from, to)),
        _ => {}
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // Gone once it was placed.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::left::LEFT;

    #[test]
    fn what_a_killed_build_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let long_ago = SystemTime::now() - 2 * LEFT;
        for name in ["libx.so", "libx.so.17", "libx.so.old", "liby.so.17"] {
            let file = fs::File::create(at(name)).expect("a file");
            file.set_modified(long_ago).expect("a time");
        }
        fs::write(at("libx.so.18"), "").expect("a file");
        remove_left(&at("libx.so"));
        let entries = fs::read_dir(folder.path()).expect("a folder");
        let mut left: Vec<_> = entries
            .map(|it| name(&it.expect("a file").path()))
            .collect();
        left.sort();
        assert_eq!(left, ["libx.so", "libx.so.18", "libx.so.old", "liby.so.17"]);
    }
}
