//! Another kind of processor than this machine's, if the machine can stand in for it.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::fixture;

/// The target that its programs and modules are built for.
pub const TARGET: &str = "aarch64-unknown-linux-gnu";

const LINKER: &str = "aarch64-linux-gnu-gcc";
const EMULATOR: &str = "qemu-aarch64";
/// Where its loader is.
const SYSTEM: &str = "/usr/aarch64-linux-gnu";
/// Where the C library of that loader is: the machine may have another one of that kind.
const LIBRARIES: &str = "LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib";

/// Whether programs of the other kind can be built and run here.
pub static IS_THERE: LazyLock<bool> = LazyLock::new(|| {
    let answers = |program: &str| {
        let output = Command::new(program).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let libraries = libraries.ok().and_then(|output| {
        let path = String::from_utf8(output.stdout).ok()?;
        Path::new(path.trim()).is_dir().then_some(())
    });
    let is_there = libraries.is_some() && answers(LINKER) && answers(EMULATOR);
    if !is_there {
        eprintln!(
            "skipped: no other kind of processor (`rustup target add {TARGET}`, \
             `apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross`)"
        );
    }
    is_there
});

/// Has cargo build for the other kind.
pub(crate) fn target(cargo: &mut Command) {
    cargo
        .args(["--target", TARGET])
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER);
}

/// Builds a program of this package for the other kind.
///
/// # Panics
///
/// If it does not compile.
pub fn program(name: &str) -> PathBuf {
    let (_lock, fixtures) = fixture::locked();
    let directory = fixtures.join(format!("target-{TARGET}"));
    let mut cargo = fixture::cargo();
    cargo
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            env!("CARGO_PKG_NAME"),
            "--bin",
            name,
        ])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&directory);
    target(&mut cargo);
    fixture::succeeds(&mut cargo, name);
    directory.join(TARGET).join("debug").join(name)
}

/// Runs a program that was built for the other kind.
pub fn run(program: impl AsRef<Path> + Debug) -> Command {
    let mut command = Command::new(EMULATOR);
    command
        .args(["-L", SYSTEM, "-E", LIBRARIES])
        .arg(program.as_ref());
    command
}
