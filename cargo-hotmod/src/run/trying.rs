//! `cargo hotmod try`: what would become of the states of a snapshot in a build.

use std::path::PathBuf;

use clap::Args;
use hotmod_host::TryRequest;

use super::child::Answering;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod try target/debug/libgame.so --snapshot states/latest
  cargo hotmod try target/debug/libgame.so --snapshot states/latest --host target/debug/game-server";

const JSON: &str = "\
With --format json, an object:
  module, version        the build
  groups                 [{ name, versions, states, fit, refused, stuck: [{ key, version, reason }], took_ns,
                         longest_ns, bytes, largest_bytes }]: a pool or shared instance, how many states it
                         has, how many of them fit, and the first of those that do not
  rollbacks              [{ to, differences }]: what a rollback to each version would do; differences are as
                         in `diff`";

/// Tries out what would become of the states of a snapshot in a build
///
/// Each state is made at the version of the build, by the rules of an update, has its checks and preflights run, and is
/// given up again: by code of the build, in a process of its own, where neither timers nor tasks run. Says which states do
/// not fit, with key, path and value, how long it took and how much memory they would take, and what a rollback would
/// lose. A state at which the module's code ends the process is one of those; another process goes on behind it, a hundred
/// times at most.
///
/// The exit status is 0 if all states fit, 3 if one does not or the build is not loaded, 2 if a file is unusable.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct Try {
    /// The build: a module's shared library
    new: PathBuf,

    /// The file of live states
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,

    /// Let states of a newer version lose what the build does not have
    #[arg(long)]
    allow_losses: bool,

    #[command(flatten)]
    answering: Answering,

    #[command(flatten)]
    output: Output,
}

impl Try {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        self.answering.ask(TryRequest {
            module: self.new,
            snapshot: self.snapshot,
            allow_losses: self.allow_losses,
            json: self.output.is_json(),
            progress: None,
            ended: Vec::new(),
            resumes: false,
            stops: false,
            output: None,
        })
    }
}
