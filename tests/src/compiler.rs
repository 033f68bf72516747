//! Other compilers than the one that built the tests, where the machine has some.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const DISTRIBUTION: &str = "/usr/bin/rustc";

/// The compilers that are not this one: a nightly of rustup's, and the distribution's.
pub static OTHERS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let nightly = Command::new("rustup")
        .args(["which", "--toolchain", "nightly", "rustc"])
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|path| PathBuf::from(path.trim()));
    let this = version(OsStr::new("rustc"));
    let is_other =
        |rustc: &PathBuf| version(rustc.as_os_str()).is_some_and(|other| Some(other) != this);
    let nightly = nightly.filter(is_other);
    let distribution = Some(PathBuf::from(DISTRIBUTION)).filter(is_other);
    if nightly.is_none() {
        eprintln!("skipped: no second compiler (`rustup toolchain install nightly`)");
    }
    if distribution.is_none() {
        eprintln!(
            "skipped: no compiler of the distribution (`apt-get install rustc-web libstd-rust-web-dev`)"
        );
    }
    nightly.into_iter().chain(distribution).collect()
});

/// A compiler that is not this one: a nightly of rustup's, or the distribution's.
pub static OTHER: LazyLock<Option<PathBuf>> = LazyLock::new(|| OTHERS.first().cloned());

/// The name of a directory for what another compiler builds.
pub(crate) fn directory(rustc: &Path) -> &'static str {
    match rustc == Path::new(DISTRIBUTION) {
        true => "distribution-compiler",
        false => "other-compiler",
    }
}

fn version(rustc: &OsStr) -> Option<String> {
    let output = Command::new(rustc).arg("-vV").output().ok()?;
    String::from_utf8(output.stdout).ok()
}
