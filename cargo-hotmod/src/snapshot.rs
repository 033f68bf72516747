//! `cargo hotmod snapshot`: what a file of live states holds, without any module.

mod diff;
mod file;
mod info;
mod plan;
mod states;
mod verify;

use clap::{Args, Subcommand};

use crate::output::{Exit, Failure};

/// Shows what a snapshot of live states holds
///
/// A snapshot describes itself, so no module is needed. What is marked `#[state(secret)]` is masked.
///
/// The exit status is 0; 3 if the states do not fit a module (`plan`), or two files differ (`diff`); and 2 if a file
/// is damaged.
#[derive(Args)]
pub(crate) struct OfSnapshot {
    #[command(subcommand)]
    verb: SnapshotVerb,
}

#[derive(Subcommand)]
enum SnapshotVerb {
    Info(info::InfoOfSnapshot),
    Cat(states::CatSnapshot),
    Get(states::GetOfSnapshot),
    Diff(diff::DiffSnapshots),
    Verify(verify::VerifySnapshot),
    Plan(plan::PlanSnapshot),
    #[cfg(feature = "run")]
    Migrate(crate::run::migrate::MigrateSnapshot),
}

impl OfSnapshot {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            SnapshotVerb::Info(verb) => verb.run(),
            SnapshotVerb::Cat(verb) => verb.run(),
            SnapshotVerb::Get(verb) => verb.run(),
            SnapshotVerb::Diff(verb) => verb.run(),
            SnapshotVerb::Verify(verb) => verb.run(),
            SnapshotVerb::Plan(verb) => verb.run(),
            #[cfg(feature = "run")]
            SnapshotVerb::Migrate(verb) => verb.run(),
        }
    }
}
