//! The modules that are measured, built as they would be for use.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;

/// Where the built files are.
pub(crate) struct Modules(Vec<(&'static str, PathBuf)>);

impl Modules {
    /// Builds these. It waits for no lock: `cargo run` gives its own back before it starts
    /// this program.
    pub(crate) fn build(packages: BTreeSet<&'static str>) -> Result<Self, Failure> {
        if packages.is_empty() {
            return Ok(Modules(Vec::new()));
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--quiet", "--message-format=json"]);
        for package in &packages {
            // What is shipped is stripped.
            let strip = format!("profile.release.package.{package}.strip=true");
            command.args(["--package", *package, "--config", &strip]);
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
        let files = packages.into_iter().map(library);
        Ok(Modules(files.collect::<Result<_, Failure>>()?))
    }

    /// The file of a package.
    pub(crate) fn file(&self, package: &str) -> &Path {
        let found = self.0.iter().find(|(name, _)| *name == package);
        &found.expect("a package that is built").1
    }
}
