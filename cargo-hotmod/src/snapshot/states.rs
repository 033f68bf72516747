//! `cargo hotmod snapshot cat` and `get`: the states, or a part of each.

use std::fmt;

use clap::Args;
use hotmod::printed::{Line, lines};
use hotmod_file::{LiveValue, PathError, Snapshot};
use serde::Serialize;

use super::file::SnapshotFile;
use crate::output::{Exit, Failure, Output};

/// Which states of a file are shown.
#[derive(Args)]
struct ChosenStates {
    /// Only those of the pool or shared instance of this name
    #[arg(long)]
    name: Option<String>,

    /// Only the one with this key, as `cat` shows it
    #[arg(long)]
    key: Option<String>,

    #[command(flatten)]
    output: Output,
}

/// Shows the states, one after the other
#[derive(Args)]
pub(super) struct CatSnapshot {
    #[command(flatten)]
    file: SnapshotFile,

    #[command(flatten)]
    chosen: ChosenStates,
}

/// Shows a part of each state that has it
#[derive(Args)]
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

#[derive(Serialize)]
#[serde(transparent)]
struct JsonStates(Vec<JsonState>);

impl fmt::Display for JsonStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            for (place, it) in self.0.iter().enumerate() {
                let (line, name) = (if place == 0 { "" } else { "\n" }, Line(&it.name));
                match &it.key {
                    Some(key) => write!(f, "{line}{name}[{key}] {}: ", it.version)?,
                    None => write!(f, "{line}{name} {}: ", it.version)?,
                }
                write!(f, "{:#}", it.state)?;
            }
            Ok(())
        })
    }
}

impl CatSnapshot {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let snapshot = self.file.read()?;
        let shown = self.chosen.of(&snapshot, "")?;
        self.chosen.output.print(&JsonStates(shown))?;
        Ok(Exit::Yes)
    }
}

impl GetOfSnapshot {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let snapshot = self.file.read()?;
        let shown = self.chosen.of(&snapshot, &self.path)?;
        self.chosen.output.print(&JsonStates(shown))?;
        Ok(Exit::Yes)
    }
}

impl ChosenStates {
    /// The part that the path leads to, of each state that was chosen and has it. Fails if some were chosen, and none
    /// has it.
    fn of(&self, snapshot: &Snapshot, path: &str) -> Result<Vec<JsonState>, Failure> {
        let named = |it: &str| self.name.as_deref().is_none_or(|name| name == it);
        let mut shown = Vec::new();
        let mut lacks: Option<PathError> = None;
        for group in snapshot.groups().iter().filter(|it| named(&it.name)) {
            for instance in snapshot.instances(group) {
                let key = snapshot.show_key(group, &instance)?;
                let text = key.as_ref().map(LiveValue::to_string);
                if self.key.is_some() && self.key != text {
                    continue;
                }
                let state = snapshot.show(group, &instance)?;
                let part = match path {
                    "" => Ok(state),
                    path => state.part(path),
                };
                match part {
                    Ok(state) => shown.push(JsonState {
                        name: group.name.clone(),
                        key,
                        version: instance.build.build().version.clone(),
                        state,
                    }),
                    Err(error) => {
                        lacks.get_or_insert(error);
                    }
                }
            }
        }
        match lacks {
            Some(error) if shown.is_empty() => Err(Failure::Path(error)),
            _ => Ok(shown),
        }
    }
}
