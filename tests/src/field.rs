//! A user's workspace, outside of the checkout, which depends on it by path and sets nothing: a server, its
//! interface, and two versions of its module. And the server at work, in a process of its own.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use crate::outside::Outside;

/// The workspace, built. Its sources are gone; what was built of them lies where fixtures are.
#[derive(Debug)]
pub struct Workspace {
    built: PathBuf,
}

/// The versions of the module, by what their code says.
pub const VERSIONS: [(&str, &str); 2] = [("first", "1.0.0"), ("second", "1.1.0")];

impl Workspace {
    /// Builds it as the user's cargo would.
    ///
    /// # Panics
    ///
    /// If it does not compile.
    #[must_use]
    pub fn build() -> Self {
        let target = cargo_builds("the workspace", |_| {});
        Workspace {
            built: target.join("debug"),
        }
    }

    /// Builds the server alone, for this target and with these flags of the compiler: its program.
    ///
    /// # Panics
    ///
    /// If it does not compile.
    #[must_use]
    pub fn server_for(target: &str, flags: &str) -> PathBuf {
        let what = format!("the server for {target} with `{flags}`");
        let directory = cargo_builds(&what, |cargo| {
            cargo
                .args(["--package=field-server", "--target", target])
                .env("RUSTFLAGS", flags)
                .env_remove("CARGO_ENCODED_RUSTFLAGS")
                // The digest is assembly, for which any compiler of the machine will do.
                .env(format!("CC_{}", target.replace('-', "_")), "cc");
        });
        directory.join(target).join("debug/field-server")
    }

    /// Puts a version of the module at this path, in one step.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    pub fn deploy(&self, version: &str, file: &Path) {
        let new = file.with_extension("new");
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::copy(self.built.join(format!("lib{version}.so")), &new).expect("a module");
        fs::rename(new, file).expect("a module");
    }

    /// Starts the server.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(&self, arguments: &[&OsStr], temporary: &Path) -> Server {
        let mut child = Command::new(self.built.join("field-server"))
            .args(arguments)
            .env("TMPDIR", temporary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server");
        let mut server = Server {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("its output")),
            child,
        };
        let ready = server.answer();
        assert!(ready.starts_with("ready "), "{ready}");
        server
    }
}

/// Has cargo build of the workspace what it is told: the target directory. That is where the fixtures are built, and
/// macros and what they need lie ready.
fn cargo_builds(what: &str, tell: impl FnOnce(&mut Command)) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = tests.join("..").canonicalize().expect("the checkout");
    let fixtures = checkout.join("target/fixtures");
    fs::create_dir_all(&fixtures).expect("a target directory");
    let lock = File::create(fixtures.join("lock")).expect("a lock");
    lock.lock().expect("a lock");
    let directory = fixtures.join("target");
    let outside = Outside::new();
    write(&checkout, outside.path());
    let mut cargo =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    cargo
        .args(["build", "--quiet", "--offline", "--target-dir"])
        .arg(&directory)
        .current_dir(outside.path())
        // As fixtures are built. No test reads what debuggers want, and without it all is built sooner.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_INCREMENTAL", "false");
    tell(&mut cargo);
    let output = cargo.output().expect("cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} does not compile:\n{said}");
    directory
}

fn write(checkout: &Path, workspace: &Path) {
    let sources = checkout.join("tests/field");
    let put = |file: &str, text: &str| {
        let file = workspace.join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    };
    let copy = |from: &str, to: &str| {
        put(
            to,
            &fs::read_to_string(sources.join(from)).expect("a source"),
        );
    };
    let package = |name: &str, version: &str, rest: &str| {
        let text = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n\n{rest}"
        );
        put(&format!("{name}/Cargo.toml"), &text);
    };
    put(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"field-interface\", \"field-server\", \
         \"first\", \"second\"]\n",
    );
    let hotmod = format!("hotmod = {{ path = {:?} }}\n", checkout.join("hotmod"));
    let interface = "field-interface = { path = \"../field-interface\" }\n";
    package(
        "field-interface",
        "1.0.0",
        &format!("[dependencies]\n{hotmod}"),
    );
    copy("interface.rs", "field-interface/src/lib.rs");
    let host = checkout.join("hotmod-host");
    package(
        "field-server",
        "1.0.0",
        &format!(
            "[dependencies]\n{interface}hotmod-host = {{ path = {host:?} }}\nlibc = \"0.2\"\n"
        ),
    );
    copy("server.rs", "field-server/src/main.rs");
    for (name, version) in VERSIONS {
        let rest =
            format!("[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n{interface}{hotmod}");
        package(name, version, &rest);
        copy("module.rs", &format!("{name}/src/lib.rs"));
    }
    // The versions that the checkout uses are there already; no others are fetched.
    fs::copy(checkout.join("Cargo.lock"), workspace.join("Cargo.lock")).expect("a lock file");
}

/// A server that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Server {
    /// Has the server do something, and gives its answer.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn does(&mut self, what: &str) -> String {
        self.tell(what);
        self.answer()
    }

    /// Has the server do something that it does not answer.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn tell(&mut self, what: &str) {
        let input = self.input.as_mut().expect("a server that runs");
        writeln!(input, "{what}").expect("a server that listens");
    }

    /// Its next answer; nothing, if it has ended.
    ///
    /// # Panics
    ///
    /// If the answer is no text.
    pub fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// The process that was started.
    #[must_use]
    pub fn process(&self) -> libc::pid_t {
        libc::pid_t::try_from(self.child.id()).expect("a process")
    }

    /// How many bytes of addresses it has taken.
    ///
    /// # Panics
    ///
    /// If the kernel does not say.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let sizes = fs::read_to_string(format!("/proc/{}/statm", self.process()));
        let sizes = sizes.expect("a process");
        let pages: u64 = sizes
            .split_whitespace()
            .next()
            .and_then(|pages| pages.parse().ok())
            .expect("a size");
        // SAFETY: it only asks.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        pages * u64::try_from(page).expect("a size")
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: it is a child that was not waited for, so the number is its own.
        assert_eq!(unsafe { libc::kill(self.process(), signal) }, 0);
    }

    /// Waits until the process that was started has ended.
    ///
    /// # Panics
    ///
    /// If that cannot be waited for.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().expect("a child")
    }

    /// Waits until no process is left that could answer: the server and its copies have all ended.
    ///
    /// # Panics
    ///
    /// If one answers.
    pub fn all_ended(&mut self) {
        drop(self.input.take());
        let last = self.answer();
        assert_eq!(last, "");
    }

    /// Ends it by a signal.
    ///
    /// # Panics
    ///
    /// If it ended in another way.
    pub fn is_ended_by(&mut self, signal: libc::c_int) {
        self.signal(signal);
        assert_eq!(self.ended().signal(), Some(signal));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that was forked from it ends with its input.
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
