//! `cargo hotmod snapshot verify`: whether all of a file can be read.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use hotmod::printed::lines;
use hotmod_file::{Snapshot, SnapshotError};
use serde::Serialize;

use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod snapshot verify states/latest";

const JSON: &str = "\
With --format json, an object:
  states                 how many states can be read
  damage                 what is wrong with the rest, for people, or null
  block                  the block that is damaged, counted from 0, or null";

/// Reads all of it, states included, and says what is damaged
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(super) struct VerifySnapshot {
    /// The file
    file: PathBuf,

    #[command(flatten)]
    output: Output,
}

/// What was found out about a file.
#[derive(Serialize)]
struct JsonVerified {
    /// How many states can be read.
    states: usize,
    /// What is wrong with the rest; `null` if nothing is.
    damage: Option<String>,
    /// The block that is damaged, counted from 0.
    block: Option<u32>,
}

impl fmt::Display for JsonVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match &self.damage {
            None => write!(f, "all {} states are as they were written", self.states),
            Some(damage) => {
                write!(
                    f,
                    "{damage}\n{} states before that can be salvaged",
                    self.states
                )
            }
        })
    }
}

impl VerifySnapshot {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let (snapshot, mut fault) = Snapshot::salvage(&self.file)?;
        let mut states = 0;
        'all: for group in snapshot.groups() {
            for instance in snapshot.instances(group) {
                let shown = snapshot.show_key(group, &instance);
                if let Err(error) = shown.and_then(|_| snapshot.show(group, &instance)) {
                    fault.get_or_insert(error);
                    break 'all;
                }
                states += 1;
            }
        }
        self.output.print(&JsonVerified {
            states,
            block: fault.as_ref().and_then(SnapshotError::block),
            damage: fault.as_ref().map(SnapshotError::to_string),
        })?;
        Ok(match fault {
            Some(_) => Exit::Unusable,
            None => Exit::Yes,
        })
    }
}
