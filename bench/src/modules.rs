//! The modules that are measured, built as they would be for use.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;

const PACKAGES: [&str; 20] = [
    "bench-calls",
    "bench-calls-next",
    "bench-converted",
    "bench-crowd-1",
    "bench-crowd-2",
    "bench-imports",
    "bench-items-1",
    "bench-items-grown",
    "bench-items-mixed",
    "bench-items-even",
    "bench-lazy-1",
    "bench-lazy-2",
    "bench-many-1",
    "bench-many-same",
    "bench-many-converted",
    "bench-table-1",
    "bench-table-2",
    "bench-users",
    "game-1-0",
    "game-1-1",
];

/// Where the built files are.
pub(crate) struct Modules(Vec<(&'static str, PathBuf)>);

impl Modules {
    /// Builds all of them. It waits for no lock: `cargo run` gives its own back before it starts
    /// this program.
    pub(crate) fn build() -> Result<Self, Failure> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--quiet", "--message-format=json"]);
        for package in PACKAGES {
            // What is shipped is stripped.
            let strip = format!("profile.release.package.{package}.strip=true");
            command.args(["--package", package, "--config", &strip]);
        }
        let output = command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("cargo could not build the modules: {}", output.status).into());
        }
        let messages = output.stdout.split(|byte| *byte == b'\n');
        let messages: Vec<Value> = messages
            .filter(|line| !line.is_empty())
            .map(serde_json::from_slice)
            .collect::<Result<_, _>>()?;
        let library = |package: &'static str| {
            let name = package.replace('-', "_");
            let artifact = messages.iter().find(|message| {
                message["reason"] == "compiler-artifact"
                    && message["target"]["name"] == name.as_str()
            });
            let file = artifact.and_then(|artifact| artifact["filenames"][0].as_str());
            let file = file.ok_or_else(|| format!("cargo does not say where {package} is"))?;
            Ok((package, PathBuf::from(file)))
        };
        let files = PACKAGES.into_iter().map(library);
        Ok(Modules(files.collect::<Result<_, Failure>>()?))
    }

    /// The file of a package.
    pub(crate) fn file(&self, package: &str) -> &Path {
        let found = self.0.iter().find(|(name, _)| *name == package);
        &found.expect("a package that is built").1
    }
}
