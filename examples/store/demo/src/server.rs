//! The server, and the versions of its module.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::{Failure, expect};

/// So long that what has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

const PACKAGES: [&str; 6] = [
    "store-server",
    "store-linked",
    "store-1-0",
    "store-1-1",
    "store-1-2",
    "store-1-3",
];

/// Builds all of it, and says where it is. It waits for no lock: `cargo run` gives its own back before it starts this.
pub(crate) fn built() -> Result<PathBuf, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    expect(
        command.status()?.success(),
        "the server and its modules can be built",
    )?;
    let this = env::current_exe()?;
    Ok(this
        .parent()
        .ok_or("this program is in no directory")?
        .to_owned())
}

/// A process that serves. It ends with this one.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: String,
    /// What it says of updates.
    reports: Receiver<String>,
    built: PathBuf,
    place: TempDir,
}

impl Server {
    /// A server whose module is of this version.
    pub(crate) fn start(built: &Path, version: &str) -> Result<Self, Failure> {
        let place = tempfile::tempdir()?;
        let modules = place.path().join("modules");
        fs::create_dir(&modules)?;
        fs::copy(library(built, version), modules.join("libstore.so"))?;
        let mut command = Command::new(built.join("store-server"));
        command.arg(&modules).arg("0");
        Self::started(command, built, place)
    }

    /// The server into which the code is linked.
    pub(crate) fn linked(built: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(built.join("store-linked"));
        command.arg("0");
        Self::started(command, built, tempfile::tempdir()?)
    }

    fn started(mut command: Command, built: &Path, place: TempDir) -> Result<Self, Failure> {
        // It is killed in the end, and removes none of its temporary files.
        command.env("TMPDIR", place.path());
        let (said, reports) = mpsc::channel();
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let errors = BufReader::new(process.stderr.take().ok_or("no output")?);
        thread::spawn(move || {
            let lines = errors.lines().map_while(Result::ok);
            lines.map_while(|line| said.send(line).ok()).for_each(drop);
        });
        let out = process.stdout.take().ok_or("no output")?;
        let mut server = Server {
            process,
            port: String::new(),
            reports,
            built: built.to_owned(),
            place,
        };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let port = line.trim_end().rsplit(':').next();
        server.port = port
            .filter(|it| !it.is_empty())
            .ok_or("the server says nothing")?
            .to_owned();
        Ok(server)
    }

    /// For how many ticks it has had a processor.
    pub(crate) fn ticks(&self) -> Result<f64, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // After the name, which may hold anything: user and system are the fields 14 and 15, counted with those before.
        let fields = stat.rsplit(')').next().ok_or("no fields")?;
        let mut ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<f64>);
        ticks.try_fold(0.0, |sum, ticks| Ok(sum + ticks?))
    }

    /// Moves another version to where the server has its module, and waits until it is taken up.
    pub(crate) fn take_up(&self, version: &str) -> Result<(), Failure> {
        let modules = self.place.path().join("modules");
        fs::copy(library(&self.built, version), modules.join(".new"))?;
        fs::rename(modules.join(".new"), modules.join("libstore.so"))?;
        self.says(&format!("→ {version}.0 is published"))
    }

    /// Waits for a report with these words.
    pub(crate) fn says(&self, words: &str) -> Result<(), Failure> {
        loop {
            let line = self.reports.recv_timeout(PATIENCE);
            let line = line.map_err(|_| format!("the server does not say `{words}`"))?;
            if !line.starts_with(' ') {
                println!("   {line}");
                return expect(line.contains(words), &format!("the server says `{words}`"));
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn library(built: &Path, version: &str) -> PathBuf {
    built.join(format!("libstore_{}.so", version.replace('.', "_")))
}
