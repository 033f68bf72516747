//! `cargo hotmod snapshot cat` and `get`: the states, or a part of each.

use std::fmt;

use clap::Args;
use hotmod::printed::{Line, lines};
use hotmod_file::{LiveValue, PathError, Snapshot};
use serde::Serialize;

use super::file::SnapshotFile;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};

const OF_CAT: &str = "\
Examples:
  cargo hotmod snapshot cat states/latest
  cargo hotmod snapshot cat states/latest --name rooms --key 7 --format json";

const JSON: &str = "\
With --format json, a list:
  [{ name, key, version, state }]: a pool or shared instance, the instance's key or null, its version, and
  the value";

const OF_GET: &str = "\
Examples:
  cargo hotmod snapshot get states/latest 'guests[\"ada\"].visits'";

/// Which states of a file are shown.
#[derive(Args)]
struct ChosenStates {
    /// Only those of the pool or shared instance of this name
    #[arg(long)]
    name: Option<String>,

    /// Only the one with this key, as `cat` shows it; a text also without its quotes
    #[arg(long)]
    key: Option<String>,

    #[command(flatten)]
    output: Output,
}

/// Shows the states, one after the other
#[derive(Args)]
#[command(after_help = OF_CAT, after_long_help = with_examples(OF_CAT, JSON))]
pub(super) struct CatSnapshot {
    #[command(flatten)]
    file: SnapshotFile,

    #[command(flatten)]
    chosen: ChosenStates,
}

/// Shows a part of each state that has it
#[derive(Args)]
#[command(after_help = OF_GET, after_long_help = with_examples(OF_GET, JSON))]
pub(super) struct GetOfSnapshot {
    #[command(flatten)]
    file: SnapshotFile,

    /// The way to the part, as in `players["7"].items[0..20]`
    path: String,

    #[command(flatten)]
    chosen: ChosenStates,
}

/// A state, or a part of one.
#[derive(Serialize)]
struct JsonState {
    name: String,
    key: Option<LiveValue>,
    version: String,
    state: LiveValue,
}

impl fmt::Display for JsonState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let name = Line(&self.name);
            match &self.key {
                Some(key) => write!(f, "{name}[{key}] {}: ", self.version)?,
                None => write!(f, "{name} {}: ", self.version)?,
            }
            write!(f, "{:#}", self.state)
        })
    }
}

impl CatSnapshot {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let snapshot = self.file.read()?;
        self.chosen.print(&snapshot, "")
    }
}

impl GetOfSnapshot {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let snapshot = self.file.read()?;
        self.chosen.print(&snapshot, &self.path)
    }
}

impl ChosenStates {
    /// Prints the part that the path leads to, of each state that was chosen and has it, one after the other: no two are in
    /// memory at once. Fails if some were chosen, and none has it.
    fn print(&self, snapshot: &Snapshot, path: &str) -> Result<Exit, Failure> {
        let named = |it: &str| self.name.as_deref().is_none_or(|name| name == it);
        let mut is_found = false;
        let mut printed = self.output.one_by_one();
        let mut lacks: Option<PathError> = None;
        for group in snapshot.groups().iter().filter(|it| named(&it.name)) {
            for instance in snapshot.instances(group) {
                let key = snapshot.show_key(group, &instance)?;
                let is_key = |asked: &String| {
                    let key = key.as_ref();
                    key.is_some_and(|it| {
                        it.to_string() == *asked || it.key().as_ref() == Some(asked)
                    })
                };
                if !self.key.as_ref().is_none_or(is_key) {
                    continue;
                }
                is_found = true;
                let state = snapshot.show(group, &instance)?;
                let part = match path {
                    "" => Ok(state),
                    path => state.part_of_state(path),
                };
                let state = match part {
                    Ok(state) => state,
                    Err(error) => {
                        lacks.get_or_insert(error);
                        continue;
                    }
                };
                let shown = JsonState {
                    name: group.name.clone(),
                    key,
                    version: instance.build.build().version.clone(),
                    state,
                };
                if !printed.print(&shown)? {
                    return Ok(Exit::Yes);
                }
            }
        }
        if !is_found && (self.name.is_some() || self.key.is_some()) {
            return Err(Failure::NoState {
                name: self.name.clone(),
                key: self.key.clone(),
                names: (snapshot.groups().iter())
                    .map(|it| it.name.clone())
                    .collect(),
            });
        }
        match lacks {
            Some(error) if printed.printed() == 0 => Err(Failure::Path(error)),
            _ => {
                printed.finish()?;
                Ok(Exit::Yes)
            }
        }
    }
}
