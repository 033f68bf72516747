//! The process that a module's code runs in.

use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use clap::Args;
use hotmod::codes::{self, coded};
use hotmod::printed::Line;
use hotmod_file::{LiveValue, Snapshot, inspect};
use hotmod_host::{Host, TRY_REQUEST, TryRequest};

use crate::output::{Exit, Failure};

/// The variable of the environment that names the modules which this program is to load beside, as JSON.
const BESIDE: &str = "HOTMOD_TRY_BESIDE";

/// What answers the imports of a build.
#[derive(Args)]
pub(super) struct Answering {
    /// Let this program answer what the build imports: a server that calls `Host::try_if_asked`. Without it, calls of
    /// imports fail
    #[arg(long, value_name = "PROGRAM", conflicts_with = "with")]
    host: Option<PathBuf>,

    /// A module that is loaded beside, since the build calls it. May be given more than once
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
}

/// Does what this process is asked for as such a child.
pub(super) fn answered() -> Option<ExitCode> {
    std::env::var_os(TRY_REQUEST)?;
    let beside = std::env::var(BESIDE).ok();
    let beside: Vec<PathBuf> = beside.and_then(|it| serde_json::from_str(&it).ok())?;
    let host = match Host::builder().stub_imports(true).build() {
        Ok(host) => host,
        Err(error) => {
            eprintln!("error: {error}");
            return Some(Exit::Unusable.into());
        }
    };
    match host.load_all(&beside) {
        Ok(_) => host.try_if_asked(),
        Err(refusal) => {
            eprintln!("error: {refusal}");
            Some(Exit::Unusable.into())
        }
    }
}

impl Answering {
    /// Has a child do it, which prints the answer.
    pub(super) fn ask(&self, mut request: TryRequest) -> Result<Exit, Failure> {
        // One that is no module is told here, as by every command.
        inspect(&request.module)?;
        let directory = tempfile::tempdir()?;
        let progress = directory.path().join("progress");
        request.progress = Some(progress.clone());
        let program = match &self.host {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        };
        let text = |error: serde_json::Error| Failure::Output(error.into());
        let status = Command::new(&program)
            .env(TRY_REQUEST, serde_json::to_string(&request).map_err(text)?)
            .env(BESIDE, serde_json::to_string(&self.with).map_err(text)?)
            .status()
            .map_err(|error| Failure::child(&program, format!("cannot be run: {error}")))?;
        // The first that an answer does.
        let has_begun = progress.exists();
        if !has_begun && (status.success() || self.host.is_some() && !is_verdict(status)) {
            let how = format!(
                "{} and has not answered; let it call `Host::try_if_asked` before it does anything else",
                ended(status)
            );
            return Err(Failure::child(&program, how));
        }
        match status.code() {
            Some(0) => Ok(Exit::Yes),
            Some(2) => Ok(Exit::Unusable),
            Some(3) => Ok(Exit::Refused),
            _ => {
                let at = state_at(&progress, &request.snapshot);
                let at = at.map_or("before the first state".to_owned(), |it| format!("at {it}"));
                let ended = ended(status);
                let module = Line(request.module.display()).to_string();
                let program = Line(program.display()).to_string();
                let told = fmt::from_fn(|f| {
                    coded(f, codes::PROGRAM_ENDED, |f| {
                        write!(
                            f,
                            "error: {program} {ended} {at}\n    help: correct what {module} does when it is loaded, \
                             migrates a state, or is asked about it"
                        )
                    })
                });
                eprintln!("{told}");
                Ok(Exit::Refused)
            }
        }
    }
}

/// Whether it ended as one that says what is wrong.
fn is_verdict(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 2 | 3))
}

fn ended(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, code) => format!("ended with status {}", code.unwrap_or_default()),
    }
}

/// The state that the child was at, as it is told.
fn state_at(progress: &Path, snapshot: &Path) -> Option<String> {
    let bytes = fs::read(progress).ok()?;
    let (group, state) = bytes.split_at_checked(8)?;
    let number = |bytes: &[u8]| usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok();
    let (group, place) = (number(group)?, number(state)?);
    let snapshot = Snapshot::open(snapshot).ok()?;
    let group = snapshot.groups().get(group)?;
    let instance = snapshot.instances(group).nth(place)?;
    let key: Option<LiveValue> = snapshot.show_key(group, &instance).ok()?;
    let name = Line(&group.name);
    Some(match key {
        Some(key) => format!("{name}[{key}]"),
        None => name.to_string(),
    })
}
