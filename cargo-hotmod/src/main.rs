//! `cargo hotmod`: what a module's file holds, and whether it may replace another.
//!
//! Thin over [`hotmod_file`]: each verb is a file that reads its arguments, asks the library, and
//! prints the answer as [`text`] or as [`json`].

#[cfg(feature = "daily")]
mod admin;
#[cfg(feature = "daily")]
mod build;
#[cfg(feature = "daily")]
mod building;
mod check;
mod comparison;
#[cfg(feature = "daily")]
mod completions;
mod diff;
#[cfg(feature = "daily")]
mod doctor;
mod explain;
#[cfg(feature = "daily")]
mod fix;
mod host;
mod inspect;
mod json;
#[cfg(feature = "daily")]
mod left;
mod lists;
mod lock;
#[cfg(feature = "daily")]
mod new;
#[cfg(feature = "daily")]
mod operate;
mod others;
mod output;
#[cfg(feature = "daily")]
mod placed;
#[cfg(feature = "daily")]
mod processes;
#[cfg(feature = "daily")]
mod project;
mod releases;
#[cfg(feature = "run")]
mod run;
mod snapshot;
mod text;
#[cfg(feature = "daily")]
mod watch;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

#[cfg(feature = "daily")]
use clap::CommandFactory;
use clap::{Parser, Subcommand};

use crate::output::Exit;

/// Says what module files hold and whether one may replace another.
///
/// A module describes its exports and its state inside its own file. Everything here is decided
/// from that description: nothing of a file is run, and no file is mapped. With the feature `run`, `try` and
/// `snapshot migrate` run what they are given, in a process of its own.
#[derive(Parser)]
#[command(
    name = "cargo-hotmod",
    bin_name = "cargo hotmod",
    version,
    after_help = "Exit status: 0 for yes, 3 for refused, 2 for arguments or files that cannot be \
                  used. What is wrong then is told on standard error, as text, also with `--format json`."
)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    #[cfg(feature = "daily")]
    New(new::New),
    #[cfg(feature = "daily")]
    Init(new::Init),
    #[cfg(feature = "daily")]
    Build(build::Build),
    #[cfg(feature = "daily")]
    Watch(watch::Watch),
    #[cfg(feature = "daily")]
    Run(watch::Run),
    #[cfg(feature = "daily")]
    Status(operate::status::Status),
    #[cfg(feature = "daily")]
    Update(operate::change::Update),
    #[cfg(feature = "daily")]
    Rehearse(operate::change::Rehearse),
    #[cfg(feature = "daily")]
    Canary(operate::change::Canary),
    /// Publishes the candidate of a canary to all
    #[cfg(feature = "daily")]
    #[command(after_help = operate::change::OF_CANARY,
        after_long_help = json::with_examples(operate::change::OF_CANARY, operate::change::JSON))]
    Promote(operate::change::Plain),
    /// Ends a canary: no instance follows the candidate any more
    #[cfg(feature = "daily")]
    #[command(after_help = operate::change::OF_CANARY,
        after_long_help = json::with_examples(operate::change::OF_CANARY, operate::change::JSON))]
    Abort(operate::change::Plain),
    /// Goes back to the version before; the plan says what would be lost
    #[cfg(feature = "daily")]
    #[command(after_help = operate::change::OF_ROLLBACK,
        after_long_help = json::with_examples(operate::change::OF_ROLLBACK, operate::change::JSON))]
    Rollback(operate::change::Plain),
    #[cfg(feature = "daily")]
    Events(operate::events::Events),
    #[cfg(feature = "daily")]
    Get(operate::get::Get),
    #[cfg(feature = "daily")]
    Doctor(doctor::Doctor),
    #[cfg(feature = "daily")]
    Completions(completions::Completions),
    Inspect(inspect::Inspect),
    Diff(diff::Diff),
    Lock(lock::Write),
    Check(check::Check),
    Releases(releases::OfReleases),
    #[cfg(feature = "daily")]
    Fix(fix::Fix),
    Explain(explain::Explain),
    Snapshot(snapshot::OfSnapshot),
    #[cfg(feature = "run")]
    Try(run::trying::Try),
    #[cfg(feature = "run")]
    Fuzz(run::fuzz::Fuzz),
}

fn main() -> ExitCode {
    #[cfg(feature = "daily")]
    if let Some(exit) = processes::guarded() {
        return exit;
    }
    #[cfg(feature = "run")]
    if let Some(exit) = run::answered() {
        return exit;
    }
    let mut arguments: Vec<OsString> = env::args_os().collect();
    // cargo repeats the name of the subcommand; a direct call of this program lacks it.
    if arguments.get(1).is_some_and(|first| first == "hotmod") {
        arguments.remove(1);
    }
    let outcome = match CommandLine::parse_from(arguments).verb {
        #[cfg(feature = "daily")]
        Verb::New(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Init(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Build(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Watch(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Run(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Status(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Update(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Rehearse(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Canary(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Promote(verb) => verb.run("promote"),
        #[cfg(feature = "daily")]
        Verb::Abort(verb) => verb.run("abort"),
        #[cfg(feature = "daily")]
        Verb::Rollback(verb) => verb.run("rollback"),
        #[cfg(feature = "daily")]
        Verb::Events(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Get(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Doctor(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Completions(verb) => verb.run(CommandLine::command()),
        Verb::Inspect(verb) => verb.run(),
        Verb::Diff(verb) => verb.run(),
        Verb::Lock(verb) => verb.run(),
        Verb::Check(verb) => verb.run(),
        Verb::Releases(verb) => verb.run(),
        #[cfg(feature = "daily")]
        Verb::Fix(verb) => verb.run(),
        Verb::Explain(verb) => verb.run(),
        Verb::Snapshot(verb) => verb.run(),
        #[cfg(feature = "run")]
        Verb::Try(verb) => verb.run(),
        #[cfg(feature = "run")]
        Verb::Fuzz(verb) => verb.run(),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("{failure}");
            Exit::Unusable.into()
        }
    }
}
