//! A workspace that `cargo hotmod new` made, outside of this repository, and its server.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_tests::patience::PATIENCE;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// A workspace. There is one at a time: cargo has those wait that build in the same place.
pub(crate) struct Made {
    directory: TempDir,
    pub(crate) name: &'static str,
    target: PathBuf,
    /// How long it took to make it.
    pub(crate) took: Duration,
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

/// What other systems need is wanted by `cargo metadata`, too, and is not there because this was built.
static FETCHED: LazyLock<()> = LazyLock::new(|| {
    let mut command = Command::new(cargo());
    command.args(["fetch", "--quiet", "--locked"]);
    let ended = Ended::of(&command.current_dir(repository()).output().expect("cargo"));
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
});

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A program that runs, line by line.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    /// All that it has printed so far.
    pub(crate) printed: String,
}

fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("..").canonicalize().expect("the repository")
}

fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

impl Made {
    /// Has the command line make it.
    pub(crate) fn new(name: &'static str) -> Self {
        let mut made = Made::place(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"));
        command.current_dir(made.directory.path());
        command
            .args(["hotmod", "new", name, "--hotmod"])
            .arg(repository());
        let begun = Instant::now();
        let ended = Ended::of(&command.output().expect("the command line"));
        made.took = begun.elapsed();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        made.lock();
        made
    }

    /// A place where one of this name can be made.
    pub(crate) fn place(name: &'static str) -> Self {
        // One that failed leaves nothing that another would find.
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        // Not where cargo has tests make what they make for a while: that is within the repository.
        let directory = tempfile::tempdir_in("/tmp").expect("a directory");
        // What hotmod and other crates are compiled to is kept from one run to the next.
        let target = repository().join("target/fixtures/target-new");
        Made {
            directory,
            name,
            target,
            took: Duration::ZERO,
            _alone: alone,
        }
    }

    /// Has it use the versions that the repository uses: they are there, and no others are fetched.
    pub(crate) fn lock(&self) {
        LazyLock::force(&FETCHED);
        fs::copy(repository().join("Cargo.lock"), self.path("Cargo.lock")).expect("a lock file");
    }

    /// The directory that the workspace is made in.
    pub(crate) fn beside(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(self.name).join(path)
    }

    /// A command that is run in the workspace.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path(""));
        command
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", &self.target);
        command.env("CARGO_TERM_COLOR", "never").env("PORT", "0");
        command
    }

    pub(crate) fn cargo(&self, arguments: &[&str]) -> Ended {
        Ended::of(
            &self
                .command(&cargo())
                .args(arguments)
                .output()
                .expect("cargo"),
        )
    }

    /// `cargo hotmod`, as the one that is tested.
    pub(crate) fn hotmod(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command(env!("CARGO_BIN_EXE_cargo-hotmod"));
        Ended::of(&command.args(arguments).output().expect("the command line"))
    }

    /// The same, which is to succeed: what it printed.
    pub(crate) fn prints(&self, arguments: &[&str]) -> String {
        let ended = self.hotmod(arguments);
        assert_eq!(
            ended.status,
            Some(0),
            "{arguments:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        ended.stdout
    }

    /// Replaces a text that occurs once in a file.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).expect("a source");
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        fs::write(path, text.replace(from, to)).expect("a source");
    }

    /// The program of the server, built.
    pub(crate) fn server(&self) -> PathBuf {
        let package = format!("{}-server", self.name);
        let ended = self.cargo_beside(&["build", "--package", &package]);
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        self.built_beside().join("debug").join(package)
    }

    /// Where the command line builds.
    fn built_beside(&self) -> PathBuf {
        self.target.join("hotmod")
    }

    /// Cargo, in the place where the command line builds: what the workspace depends on is compiled once for both.
    pub(crate) fn cargo_beside(&self, arguments: &[&str]) -> Ended {
        let directory = self.built_beside();
        let directory = directory.to_str().expect("a path");
        self.cargo(&[arguments, &["--target-dir", directory]].concat())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // What is compiled of this workspace is of no use to another: its crates are told apart by their paths.
        let parts = ["", "-interface", "-server"].map(|part| format!("{}{part}", self.name));
        for target in [self.target.clone(), self.built_beside()] {
            let target = target.to_string_lossy().into_owned();
            let mut arguments = vec!["clean", "--quiet", "--target-dir", &target];
            parts
                .iter()
                .for_each(|it| arguments.extend(["--package", it]));
            self.cargo(&arguments);
        }
    }
}

impl Ended {
    pub(crate) fn of(output: &Output) -> Self {
        Ended {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
    }
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a program");
        let (sender, lines) = mpsc::channel();
        let printed = child.stdout.take().expect("its output");
        thread::spawn(move || {
            let lines = BufReader::new(printed).lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        Running {
            child,
            lines,
            printed: String::new(),
        }
    }

    /// Waits for a line that holds this text.
    pub(crate) fn waits_for(&mut self, text: &str) -> String {
        let [line] = self.waits_for_all([text]);
        line
    }

    /// Waits for a line with each of these texts, in whatever order they come.
    pub(crate) fn waits_for_all<const N: usize>(&mut self, texts: [&str; N]) -> [String; N] {
        let mut found = [const { None }; N];
        while let Some(place) = found.iter().position(Option::is_none) {
            let Some(line) = self.next_line() else {
                panic!("no line with `{}` in:\n{}", texts[place], self.printed);
            };
            for (text, found) in texts.iter().zip(&mut found) {
                if found.is_none() && line.contains(text) {
                    *found = Some(line.clone());
                }
            }
        }
        found.map(|line| line.expect("it was found"))
    }

    /// Waits for the next line, if one comes.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        let line = self.lines.recv_timeout(PATIENCE).ok()?;
        self.printed.push_str(&line);
        self.printed.push('\n');
        Some(line)
    }

    /// Asks it to stop in order.
    pub(crate) fn interrupt(&self) {
        kill(self.process(), Signal::SIGTERM).expect("it runs");
    }

    pub(crate) fn process(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a process"))
    }

    /// Has it stop in order.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        self.interrupt();
        let status = self.child.wait().expect("its end");
        self.printed.extend(self.lines.iter().map(|it| it + "\n"));
        (status, std::mem::take(&mut self.printed))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where it was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server answers at an address that it printed.
pub(crate) fn curl(address: &str) -> String {
    asked(address).expect("an answer")
}

/// The same, if it answers.
pub(crate) fn asked(address: &str) -> io::Result<String> {
    let rest = address.strip_prefix("http://").expect("an address");
    let (at, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(at)?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.trim().to_owned());
    body.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
