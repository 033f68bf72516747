//! What `cargo hotmod` asks a program for: to try a snapshot out beside what the program provides.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use hotmod_file::{Refusal, Snapshot, SnapshotError};
use serde::{Deserialize, Serialize};

use super::migrated::MigrateSnapshotError;
use super::progress::{EndedAt, TryProgress};
use super::restore::RestoreOptions;
use super::trying_json::JsonTried;
use crate::host::Host;

/// The variable of the environment that holds a [`TryRequest`], as JSON.
#[doc(hidden)]
pub const TRY_REQUEST: &str = "HOTMOD_TRY";

/// What a program is asked for. The command line and the program may be of two versions of hotmod: fields are added with
/// a default, and never removed.
#[doc(hidden)]
#[derive(Debug, Serialize, Deserialize)]
pub struct TryRequest {
    /// The build's file.
    pub module: PathBuf,
    /// The snapshot's.
    pub snapshot: PathBuf,
    /// Whether states of a newer version may lose what the build does not have.
    #[serde(default)]
    pub allow_losses: bool,
    /// Whether the answer is JSON.
    #[serde(default)]
    pub json: bool,
    /// A file that says at which state this is, as [`TryPlace`](super::progress::TryPlace) reads it.
    #[serde(default)]
    pub progress: Option<PathBuf>,
    /// States at which a process before has ended: they are told, and not made.
    #[serde(default)]
    pub ended: Vec<EndedAt>,
    /// Whether to go on behind what the process before has tried, as `progress` says.
    #[serde(default)]
    pub resumes: bool,
    /// Whether none are to be tried behind the last of those states.
    #[serde(default)]
    pub stops: bool,
    /// Where the states are written to, at the build's version.
    #[serde(default)]
    pub output: Option<PathBuf>,
}

/// Why there is no answer.
enum Unanswered {
    Request(String),
    Io(io::Error),
    Snapshot(SnapshotError),
    Refused(Refusal),
    Unmigrated(MigrateSnapshotError),
    /// The snapshot has no states of the module.
    Other(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unanswered::Request(error) => write!(f, "`{TRY_REQUEST}` is no request: {error}"),
            Unanswered::Io(error) => error.fmt(f),
            Unanswered::Snapshot(error) => error.fmt(f),
            Unanswered::Refused(refusal) => refusal.fmt(f),
            Unanswered::Unmigrated(error) => error.fmt(f),
            Unanswered::Other(module) => write!(f, "the snapshot has no states of `{module}`"),
        }
    }
}

/// The exit statuses of `cargo hotmod`.
const UNUSABLE: u8 = 2;
const REFUSED: u8 = 3;

impl Host {
    /// Does what `cargo hotmod try --host PROGRAM` asks this program for: tries a snapshot out in a build, beside what
    /// this host provides and has loaded, and prints what came of it. Gives the status with which the program is to end,
    /// or `None` if nothing is asked for. To be called once the host is as it is when the server begins, and before the
    /// server does.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use hotmod_host::Host;
    /// use std::process::ExitCode;
    ///
    /// # struct Server;
    /// # impl Server { fn broadcast(&self, _: &str) -> u32 { 0 } fn run(&self, _: Host) {} }
    /// fn main() -> ExitCode {
    /// #   let server: &'static Server = &Server;
    ///     let host = Host::builder().provide("broadcast", |text: &str| server.broadcast(text)).build();
    ///     let host = host.expect("a host");
    ///     if let Some(status) = host.try_if_asked() {
    ///         return status;
    ///     }
    ///     server.run(host);
    ///     ExitCode::SUCCESS
    /// }
    /// ```
    pub fn try_if_asked(&self) -> Option<ExitCode> {
        let request = std::env::var(TRY_REQUEST).ok()?;
        let request = serde_json::from_str(&request);
        let answered = request
            .map_err(|error| Unanswered::Request(error.to_string()))
            .and_then(|request| self.answer(&request));
        Some(match answered {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => REFUSED.into(),
            Err(why) => {
                eprintln!("error: {why}");
                match why {
                    Unanswered::Refused(_) => REFUSED.into(),
                    _ => UNUSABLE.into(),
                }
            }
        })
    }

    /// Whether all states fit.
    fn answer(&self, request: &TryRequest) -> Result<bool, Unanswered> {
        let snapshot = Snapshot::open(&request.snapshot).map_err(Unanswered::Snapshot)?;
        let path = request.progress.as_deref();
        let progress = TryProgress::in_file(path, &request.ended, request.resumes, request.stops);
        let progress = &mut progress.map_err(Unanswered::Io)?;
        let options = RestoreOptions::new().allow_losses(request.allow_losses);
        let report = match &request.output {
            None => {
                let tried = self.try_by_steps(&request.module, &snapshot, options, progress);
                tried.map_err(Unanswered::Refused)
            }
            Some(to) => {
                let migrated =
                    self.migrate_by_steps(&request.module, &snapshot, options, to, progress);
                migrated.map_err(|error| match error {
                    MigrateSnapshotError::Refused(refusal) => Unanswered::Refused(refusal),
                    error => Unanswered::Unmigrated(error),
                })
            }
        }?;
        if report.groups.is_empty() {
            return Err(Unanswered::Other(report.module));
        }
        let told = match request.json {
            true => serde_json::to_string_pretty(&JsonTried::of(&report)).map_err(io::Error::from),
            false => Ok(report.to_string()),
        };
        match told.and_then(|told| writeln!(io::stdout(), "{told}")) {
            // The reader has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            printed => printed.map_err(Unanswered::Io)?,
        }
        Ok(report.all_fit())
    }
}
