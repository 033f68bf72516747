//! `cargo hotmod`: what a module's file holds, and whether it may replace another.
//!
//! Thin over [`hotmod_file`]: each verb is a file that reads its arguments, asks the library, and
//! prints the answer as [`text`] or as [`json`].

mod check;
mod comparison;
mod diff;
mod host;
mod inspect;
mod json;
mod lists;
mod lock;
mod others;
mod output;
#[cfg(feature = "run")]
mod run;
mod snapshot;
mod text;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

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
                  used."
)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Inspect(inspect::Inspect),
    Diff(diff::Diff),
    Lock(lock::Write),
    Check(check::Check),
    Snapshot(snapshot::OfSnapshot),
    #[cfg(feature = "run")]
    Try(run::trying::Try),
    #[cfg(feature = "run")]
    Fuzz(run::fuzz::Fuzz),
}

fn main() -> ExitCode {
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
        Verb::Inspect(verb) => verb.run(),
        Verb::Diff(verb) => verb.run(),
        Verb::Lock(verb) => verb.run(),
        Verb::Check(verb) => verb.run(),
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
