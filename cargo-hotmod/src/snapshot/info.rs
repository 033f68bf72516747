//! `cargo hotmod snapshot info`: which versions, pools and shared instances there are.

use std::fmt;

use clap::Args;
use hotmod::printed::{Line, lines};
use hotmod_file::Snapshot;
use serde::Serialize;

use super::file::SnapshotFile;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod snapshot info states/latest";

const JSON: &str = "\
With --format json, an object:
  bytes                  the size of the file
  versions               [{ module, version, digest, rustc, target }]: those that its states are of
  groups                 [{ name, module, interface, key, instances }]: its pools and shared instances; a
                         key is the type of a pool's keys, or null";

/// Lists the versions, pools and shared instances
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(super) struct InfoOfSnapshot {
    #[command(flatten)]
    file: SnapshotFile,

    #[command(flatten)]
    output: Output,
}

/// What a file holds.
#[derive(Serialize)]
struct JsonSnapshot {
    bytes: u64,
    versions: Vec<JsonSnapshotVersion>,
    groups: Vec<JsonSnapshotGroup>,
}

#[derive(Serialize)]
struct JsonSnapshotVersion {
    module: String,
    version: String,
    digest: String,
    rustc: String,
    target: String,
}

#[derive(Serialize)]
struct JsonSnapshotGroup {
    name: String,
    module: String,
    interface: String,
    key: Option<String>,
    instances: usize,
}

impl JsonSnapshot {
    fn of(snapshot: &Snapshot) -> Self {
        let versions = snapshot.builds().iter().map(|it| {
            let build = it.build();
            JsonSnapshotVersion {
                module: build.module.clone(),
                version: build.version.clone(),
                digest: it.digest.to_string(),
                rustc: build.rustc.clone(),
                target: build.target.clone(),
            }
        });
        let groups = snapshot.groups().iter().map(|group| JsonSnapshotGroup {
            name: group.name.clone(),
            module: group.module.clone(),
            interface: group.interface.clone(),
            key: group.key.as_ref().map(|key| key.ty.to_string()),
            instances: group.len(),
        });
        JsonSnapshot {
            bytes: snapshot.size(),
            versions: versions.collect(),
            groups: groups.collect(),
        }
    }
}

impl fmt::Display for JsonSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            write!(f, "{} bytes", self.bytes)?;
            for it in &self.versions {
                let (module, version, rustc) =
                    (Line(&it.module), Line(&it.version), Line(&it.rustc));
                write!(
                    f,
                    "\nmodule `{module}` {version}, built by {rustc} for {}",
                    it.target
                )?;
                write!(f, "\n  digest {}", it.digest)?;
            }
            for it in &self.groups {
                let (name, module, interface) =
                    (Line(&it.name), Line(&it.module), Line(&it.interface));
                match &it.key {
                    Some(key) => write!(f, "\npool `{name}` by `{key}`")?,
                    None => write!(f, "\ninstance `{name}`")?,
                }
                write!(
                    f,
                    " of `{module}`, as `{interface}`: {} states",
                    it.instances
                )?;
            }
            Ok(())
        })
    }
}

impl InfoOfSnapshot {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let snapshot = self.file.read()?;
        self.output.print(&JsonSnapshot::of(&snapshot))?;
        Ok(Exit::Yes)
    }
}
