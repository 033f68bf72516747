//! A build by cargo, which can be given up: with all that it has started.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Stdio};

use hotmod::printed::Line;
use serde_json::Value;

use crate::left::is_left;
use crate::output::Failure;
use crate::processes::ProcessGroup;
use crate::project::{Package, Project, cargo};

/// The directory below the target directory for what compilers and linkers write on their way.
const ON_THE_WAY: &str = "on-the-way";

/// What is to be built.
pub(crate) struct Wanted<'p> {
    pub(crate) project: &'p Project,
    pub(crate) package: &'p Package,
    /// Its program, and not its library.
    pub(crate) is_program: bool,
    pub(crate) release: bool,
    /// More arguments of cargo.
    pub(crate) arguments: &'p [String],
}

/// A build that runs. Given up when this is dropped, with all compilers that it has started.
pub(crate) struct Building {
    cargo: ProcessGroup,
    artifacts: Option<Artifacts>,
    manifest: PathBuf,
    wanted: &'static str,
}

/// What a build says of the files that it makes.
pub(crate) struct Artifacts {
    messages: Option<ChildStdout>,
    manifest: PathBuf,
    is_program: bool,
}

impl Wanted<'_> {
    /// The packages that are selected with it and have nothing to be built: cargo compiles what packages share once for all
    /// that are selected, with the features that these want together. So server and modules share what both are built from, as
    /// in a build of the whole workspace. What is released is built by its own features alone.
    fn selected_for_features(&self) -> Vec<&Package> {
        // The features that arguments may name are those of this package.
        if self.release || !self.arguments.is_empty() {
            return Vec::new();
        }
        self.project.sharing(self.package, self.is_program)
    }

    /// Begins. What the compiler says goes to standard error as it comes.
    pub(crate) fn begin(&self) -> Result<Building, Failure> {
        let mut command = cargo();
        command.args(["build", "--message-format", "json-render-diagnostics"]);
        command.arg("--manifest-path").arg(self.package.manifest());
        command.args(["--package", &self.package.id]);
        for package in self.selected_for_features() {
            command.args(["--package", &package.id]);
        }
        command.arg("--target-dir").arg(&self.project.target);
        command.arg(if self.is_program { "--bins" } else { "--lib" });
        if self.release {
            // The lines of each function, which are taken out of the file afterwards.
            command
                .arg("--release")
                .env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only");
            command.env("CARGO_PROFILE_RELEASE_STRIP", "none");
        }
        command.args(self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        // A linker that is killed leaves its files, and builds are given up all the time. Without such a directory they lie
        // where all programs' do.
        if let Ok(directory) = on_the_way(&self.project.target) {
            command.env("TMPDIR", directory);
        }
        let mut cargo = ProcessGroup::start(&mut command).map_err(|error| {
            Failure::undone(
                format!("cargo cannot be run: {error}"),
                "install a Rust toolchain, or have `CARGO` name its cargo",
            )
        })?;
        let manifest = self.package.manifest().to_owned();
        Ok(Building {
            artifacts: Some(Artifacts {
                messages: cargo.output(),
                manifest: manifest.clone(),
                is_program: self.is_program,
            }),
            cargo,
            manifest,
            wanted: match self.is_program {
                true => "program",
                false => "shared library",
            },
        })
    }
}

/// The directory for temporary files of builds, without what builds have left there that were given up.
fn on_the_way(target: &Path) -> io::Result<PathBuf> {
    let directory = target.join(ON_THE_WAY);
    fs::create_dir_all(&directory)?;
    for entry in fs::read_dir(&directory)? {
        let entry = entry?;
        if is_left(&entry) {
            // What cannot be removed stays: the next build tries again.
            let _ = match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path()),
                false => fs::remove_file(entry.path()),
            };
        }
    }
    Ok(directory)
}

impl Building {
    /// Waits for its end: the file that was built, or `None` if it does not compile.
    pub(crate) fn wait(mut self) -> Result<Option<PathBuf>, Failure> {
        let built = self.artifacts.take().and_then(Artifacts::read);
        self.end(built)
    }

    /// What it says of the files that it makes, to be read to its end. Once.
    pub(crate) fn artifacts(&mut self) -> Option<Artifacts> {
        self.artifacts.take()
    }

    /// As [`wait`](Building::wait), where its artifacts were read already.
    pub(crate) fn end(mut self, built: Option<PathBuf>) -> Result<Option<PathBuf>, Failure> {
        let status = self.cargo.wait()?;
        match (status.success(), built) {
            (false, _) => Ok(None),
            (true, Some(file)) => Ok(Some(file)),
            (true, None) => Err(Failure::undone(
                format!("{} has no {}", Line(self.manifest.display()), self.wanted),
                "a module has `crate-type = [\"cdylib\"]` under `[lib]`, and a server a `main.rs`",
            )),
        }
    }
}

impl Artifacts {
    /// Reads to the end of the build: the file that it has made.
    pub(crate) fn read(mut self) -> Option<PathBuf> {
        let mut built = None;
        let messages = self.messages.take().into_iter();
        // What does not read on is at its end.
        let lines = messages.flat_map(|it| BufReader::new(it).lines().map_while(Result::ok));
        for line in lines {
            // What cargo is ended in the middle of is no message.
            if let Ok(message) = serde_json::from_str(&line) {
                built = self.artifact(&message).or(built);
            }
        }
        built
    }

    /// The file that a message of cargo's tells of, if it is the wanted one.
    fn artifact(&self, message: &Value) -> Option<PathBuf> {
        let is_its = message["reason"] == "compiler-artifact"
            && message["manifest_path"].as_str().map(Path::new) == Some(&*self.manifest);
        if !is_its {
            return None;
        }
        if self.is_program {
            return message["executable"].as_str().map(PathBuf::from);
        }
        let mut kinds = message["target"]["kind"].as_array()?.iter();
        let files = message["filenames"].as_array()?.iter();
        let mut files = files.filter_map(Value::as_str).map(PathBuf::from);
        let is_library = |file: &PathBuf| file.extension() == Some(OsStr::new("so"));
        kinds
            .any(|kind| kind == "cdylib")
            .then(|| files.find(is_library))?
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::left::LEFT;

    #[test]
    fn what_builds_have_left_is_removed_in_the_end() {
        let target = tempfile::tempdir().expect("a folder");
        let directory = on_the_way(&target.path().join("made")).expect("a directory");
        let long_ago = SystemTime::now() - 2 * LEFT;
        fs::create_dir(directory.join("rustcAbCdEf")).expect("a directory");
        fs::write(directory.join("rustcAbCdEf/symbols.o"), "").expect("a file");
        fs::write(directory.join("ccnew.res"), "").expect("a file");
        fs::write(directory.join("ccold.res"), "").expect("a file");
        for old in ["rustcAbCdEf", "ccold.res"] {
            let old = fs::File::open(directory.join(old)).expect("a file");
            old.set_modified(long_ago).expect("a time");
        }
        assert_eq!(
            on_the_way(&target.path().join("made")).expect("a directory"),
            directory
        );
        let left = fs::read_dir(&directory).expect("a directory");
        let left: Vec<_> = left.map(|it| it.expect("a file").file_name()).collect();
        assert_eq!(left, ["ccnew.res"]);
    }
}
