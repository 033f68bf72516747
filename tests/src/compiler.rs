//! Another compiler than the one that built the tests, where the machine has one.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// A compiler that is not this one: a nightly of rustup's, or the distribution's.
pub static OTHER: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let nightly = Command::new("rustup")
        .args(["which", "--toolchain", "nightly", "rustc"])
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|path| PathBuf::from(path.trim()));
    let known = [nightly, Some(PathBuf::from("/usr/bin/rustc"))];
    let this = version(OsStr::new("rustc"));
    let found = known
        .into_iter()
        .flatten()
        .find(|rustc| version(rustc.as_os_str()).is_some_and(|other| Some(other) != this));
    if found.is_none() {
        eprintln!("skipped: no second compiler (`rustup toolchain install nightly`)");
    }
    found
});

fn version(rustc: &OsStr) -> Option<String> {
    let output = Command::new(rustc).arg("-vV").output().ok()?;
    String::from_utf8(output.stdout).ok()
}
