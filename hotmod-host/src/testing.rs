//! For tests of a module's own crate (feature `testing`): the build under test.
//!
//! The test loads a file of the last release, or a [`Snapshot`](crate::Snapshot) of production's states, updates to the build, and
//! says what it wants of the state by [`Instance::inspect`](crate::Instance::inspect).
//!
//! ```no_run
//! use hotmod_host::{Host, testing};
//! # #[hotmod::interface]
//! # pub trait Game {
//! #     fn hello(&mut self, name: &str) -> String;
//! # }
//!
//! # fn test() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::builder().stub_imports(true).build()?;
//! let game = host.load::<dyn Game>("releases/libgame-1.0.so")?;
//! let mut world = game.create("60")?;
//! world.hello("ada")?;
//! game.update(testing::build()?)?;
//! world.migrate()?;
//! assert_eq!(world.inspect("players[\"ada\"].visits")?.value.to_string(), "1");
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use hotmod::codes::{self, coded};
use hotmod::printed::Line;
use serde_json::Value;

/// Why there is no build.
#[derive(Clone)]
pub struct Unbuilt {
    package: PathBuf,
    reason: String,
}

impl fmt::Display for Unbuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::TEST_BUILD_FAILED, |f| {
            let package = Line(self.package.display());
            write!(f, "the module of {package} is not built: {}", self.reason)
        })
    }
}

/// Prints the error as a user reads it, since a test that returns an error prints its `Debug` form.
impl fmt::Debug for Unbuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Unbuilt {}

/// Builds the module of the package whose test calls this, as it is in the source now, and gives its shared library.
///
/// Cargo does not build a `cdylib` for the tests of its package. This has it do so, in a target directory of its own beneath
/// the test's (`hotmod-testing`), with the profile `dev` and the package's default features. What has not changed since is
/// built once.
///
/// # Errors
///
/// [`Unbuilt`] if the package does not compile (what the compiler says is on standard error), has no `cdylib`, or is not
/// tested by cargo.
pub fn build() -> Result<PathBuf, Unbuilt> {
    match env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => build_of(package),
        None => Err(Unbuilt {
            package: PathBuf::from("."),
            reason: "`CARGO_MANIFEST_DIR` is not set\n  help: let cargo run the test, or name the package: \
                     `testing::build_of(env!(\"CARGO_MANIFEST_DIR\"))`"
                .to_owned(),
        }),
    }
}

/// What was built by this process: cargo looks for changes once.
static BUILT: LazyLock<Mutex<HashMap<PathBuf, PathBuf>>> = LazyLock::new(Mutex::default);

/// As [`build`], of the package in this directory.
///
/// # Errors
///
/// As there.
pub fn build_of(package: impl AsRef<Path>) -> Result<PathBuf, Unbuilt> {
    let package = package.as_ref();
    // A build that panicked is not among them.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = built.get(package) {
        return Ok(library.clone());
    }
    let library = run_cargo(package).map_err(|reason| Unbuilt {
        package: package.to_owned(),
        reason,
    })?;
    built.insert(package.to_owned(), library.clone());
    Ok(library)
}

fn run_cargo(package: &Path) -> Result<PathBuf, String> {
    let manifest = package.join("Cargo.toml");
    let manifest = manifest.canonicalize().map_err(|error| error.to_string())?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--lib",
            "--message-format",
            "json-render-diagnostics",
        ])
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(target(package)?.join("hotmod-testing"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(
            "it does not compile; the compiler's messages are on standard error".to_owned(),
        );
    }
    let library = output.stdout.split(|byte| *byte == b'\n').find_map(|line| {
        let message: Value = serde_json::from_slice(line).ok()?;
        let kinds = message["target"]["kind"].as_array()?;
        let is_it = message["reason"] == "compiler-artifact"
            && message["manifest_path"] == *manifest.to_str()?
            && kinds.iter().any(|kind| kind == "cdylib");
        let files = is_it.then(|| message["filenames"].as_array())??;
        let mut files = files.iter().filter_map(Value::as_str);
        files.find(|file| file.ends_with(".so")).map(PathBuf::from)
    });
    library.ok_or_else(|| {
        "it has no shared library\n  help: write `crate-type = [\"cdylib\"]` under `[lib]` in its Cargo.toml".to_owned()
    })
}

/// The target directory that this test was built in.
fn target(package: &Path) -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    // A test is at `target/debug/deps/name-hash`, one of the documentation anywhere.
    let deps = program.ancestors().find(|it| it.ends_with("deps"));
    let target = deps.and_then(|deps| deps.parent()?.parent());
    Ok(target.map_or_else(|| package.join("target"), Path::to_owned))
}
