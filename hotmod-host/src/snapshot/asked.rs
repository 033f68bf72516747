//! What `cargo hotmod` asks a program for: to try a snapshot out beside what the program provides.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::ExitCode;

use hotmod_file::{Refusal, Snapshot, SnapshotError};
use serde::{Deserialize, Serialize};

use super::migrated::MigrateSnapshotError;
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
    /// A file that says at which state this is: the place of the group and that of the state, of eight bytes each.
    #[serde(default)]
    pub progress: Option<PathBuf>,
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
        let progress = request.progress.as_ref().map(File::create).transpose();
        let progress = progress.map_err(Unanswered::Io)?;
        let mut step = |group: usize, state: usize| {
            if let Some(file) = &progress {
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&(group as u64).to_le_bytes());
                bytes[8..].copy_from_slice(&(state as u64).to_le_bytes());
                // Where it cannot be written, a crash is told without its state.
                let _ = file.write_all_at(&bytes, 0);
            }
        };
        let options = RestoreOptions::new().allow_losses(request.allow_losses);
        let report = match &request.output {
            None => {
                let tried = self.try_by_steps(&request.module, &snapshot, options, &mut step);
                tried.map_err(Unanswered::Refused)
            }
            Some(to) => {
                let migrated =
                    self.migrate_by_steps(&request.module, &snapshot, options, to, &mut step);
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
