//! `cargo hotmod snapshot migrate`: a snapshot at the version of a build.

use std::path::PathBuf;

use clap::Args;
use hotmod_host::TryRequest;

use super::child::Answering;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod snapshot migrate states/latest target/release/libgame.so --output states/migrated";

const JSON: &str = "\
With --format json, an object as `try` prints it";

/// Writes a snapshot whose states are of the version of a build
///
/// As `cargo hotmod try`, and writes down what becomes of the states. One that does not fit is in the new file as it was,
/// at its version, and so are those of other modules.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct MigrateSnapshot {
    /// The file
    file: PathBuf,

    /// The build: a module's shared library
    new: PathBuf,

    /// Where the new file is written
    #[arg(long = "output", value_name = "FILE")]
    output_file: PathBuf,

    /// Let states of a newer version lose what the build does not have
    #[arg(long)]
    allow_losses: bool,

    #[command(flatten)]
    answering: Answering,

    #[command(flatten)]
    output: Output,
}

impl MigrateSnapshot {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        self.answering.ask(TryRequest {
            module: self.new,
            snapshot: self.file,
            allow_losses: self.allow_losses,
            json: self.output.is_json(),
            progress: None,
            ended: Vec::new(),
            resumes: false,
            stops: false,
            output: Some(self.output_file),
        })
    }
}
