//! The files that the demo loads: the versions of the game, built, and two files that are broken.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use object::{Object, ObjectSection};
use serde_json::Value;

use crate::Failure;

/// The packages, each with the name under which its library is put into the module directory.
const VERSIONS: [(&str, &str); 9] = [
    ("game-1-0", "game-1.0.so"),
    ("game-1-1", "game-1.1.so"),
    ("game-1-2", "game-1.2.so"),
    ("game-1-3", "game-1.3.so"),
    ("game-1-4", "game-1.4.so"),
    ("game-2-0", "game-2.0.so"),
    ("game-2-1", "game-2.1.so"),
    ("game-2-2", "game-2.2.so"),
    ("game-2-3", "game-2.3.so"),
];

/// 1.1 without its second half.
pub(crate) const TRUNCATED: &str = "game-truncated.so";

/// 1.1 with its symbol hash table overwritten.
pub(crate) const DAMAGED: &str = "game-damaged.so";

/// The names of all of them in the module directory.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let built = VERSIONS.iter().map(|(_, name)| *name);
    built.chain([TRUNCATED, DAMAGED])
}

/// Builds every version and puts them into the directory, with the broken files beside them.
pub(crate) fn put_into(directory: &Path) -> Result<(), Failure> {
    let built = build()?;
    for (package, name) in VERSIONS {
        let library = library(&built, package)
            .ok_or_else(|| format!("cargo did not say where the library of {package} is"))?;
        fs::copy(library, directory.join(name))?;
    }
    let mut good = fs::read(directory.join("game-1.1.so"))?;
    fs::write(directory.join(TRUNCATED), &good[..good.len() / 2])?;
    let (start, len) = object::File::parse(&*good)?
        .section_by_name(".gnu.hash")
        .and_then(|section| section.file_range())
        .ok_or("the library has no symbol hash table")?;
    let (start, len) = (usize::try_from(start)?, usize::try_from(len)?);
    good[start..start + len].fill(0xff);
    fs::write(directory.join(DAMAGED), good)?;
    Ok(())
}

/// What cargo says of each artifact. It waits for no lock: `cargo run` gives its own back before
/// it starts the demo.
fn build() -> Result<Vec<Value>, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        .args(
            VERSIONS
                .iter()
                .flat_map(|(package, _)| ["--package", package]),
        )
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!(
            "the game's versions could not be built: cargo: {}",
            output.status
        )
        .into());
    }
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let messages = messages
        .filter(|line| !line.is_empty())
        .map(serde_json::from_slice);
    Ok(messages.collect::<Result<_, _>>()?)
}

/// Where the library of a package was put.
fn library<'a>(built: &'a [Value], package: &str) -> Option<&'a str> {
    let crate_name = package.replace('-', "_");
    let artifact = built.iter().find(|message| {
        message["reason"] == "compiler-artifact" && message["target"]["name"] == crate_name.as_str()
    })?;
    artifact["filenames"][0].as_str()
}
