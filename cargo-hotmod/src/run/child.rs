//! The process that a module's code runs in.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use clap::Args;
use hotmod::codes::{self, coded};
use hotmod::printed::Line;
use hotmod_file::{LiveValue, Snapshot, inspect};
use hotmod_host::{EndedAt, Host, TRY_REQUEST, TryPlace, TryRequest};

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

/// At how many states the process may end: each is one that is told, and costs another process.
const MOST_ENDED: usize = 100;

impl Answering {
    /// Has a child do it, which prints the answer. Where a state ends the child, another one goes on behind it.
    pub(super) fn ask(&self, mut request: TryRequest) -> Result<Exit, Failure> {
        // One that is no module is told here, as by every command.
        inspect(&request.module)?;
        let directory = tempfile::tempdir()?;
        let progress = directory.path().join("progress");
        request.progress = Some(progress.clone());
        let output = request.output.clone();
        let mut has_begun = false;
        loop {
            let status = self.run(&request, output.is_some() && request.output.is_none())?;
            // The first that an answer does.
            has_begun |= progress.exists();
            if !has_begun && (status.success() || self.host.is_some() && !is_verdict(status)) {
                let how = format!(
                    "{} and has not answered; let it call `Host::try_if_asked` before it does anything else",
                    ended(status)
                );
                return Err(Failure::child(&self.program()?, how));
            }
            let code = match TryPlace::is_at_a_state(&progress) {
                // The module has ended the process as if that had answered.
                true => None,
                false => status.code(),
            };
            match code {
                // All that end it are known: now the others can be written.
                Some(0 | 3) if request.output != output => {
                    request.output.clone_from(&output);
                    request.resumes = false;
                }
                Some(0) => return Ok(Exit::Yes),
                Some(2) => return Ok(Exit::Unusable),
                Some(3) => return Ok(Exit::Refused),
                _ => {
                    let place = TryPlace::of(&progress);
                    if !goes_on(&mut request, place, &ended(status)) {
                        self.tell(&request, place, status)?;
                        return Ok(Exit::Refused);
                    }
                }
            }
        }
    }

    fn program(&self) -> Result<PathBuf, Failure> {
        Ok(match &self.host {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        })
    }

    fn run(&self, request: &TryRequest, is_silent: bool) -> Result<ExitStatus, Failure> {
        let program = self.program()?;
        let text = |error: serde_json::Error| Failure::Output(error.into());
        let mut command = Command::new(&program);
        command
            .env(TRY_REQUEST, serde_json::to_string(request).map_err(text)?)
            .env(BESIDE, serde_json::to_string(&self.with).map_err(text)?);
        if is_silent {
            command.stdout(Stdio::null());
        }
        let status = command.status();
        status.map_err(|error| Failure::child(&program, format!("cannot be run: {error}")))
    }

    /// Says how the child ended, and where.
    fn tell(
        &self,
        request: &TryRequest,
        place: TryPlace,
        status: ExitStatus,
    ) -> Result<(), Failure> {
        let at = match place {
            TryPlace::Before => "before the first state".to_owned(),
            TryPlace::After => "behind the last state".to_owned(),
            TryPlace::At(group, state) => match named(&request.snapshot, group, state) {
                Some(name) => format!("at {name}"),
                None => "at a state".to_owned(),
            },
        };
        let ended = ended(status);
        let module = Line(request.module.display()).to_string();
        let program = Line(self.program()?.display()).to_string();
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
        Ok(())
    }
}

/// Has the next child go on behind the state that the last one ended at, where that can be. Not where it has come no further
/// than the one before: what ends it is no state then, or a server of an older hotmod tries that again.
fn goes_on(request: &mut TryRequest, place: TryPlace, how: &str) -> bool {
    let TryPlace::At(group, state) = place else {
        return false;
    };
    let is_known = (request.ended.iter()).any(|it| (it.group, it.state) == (group, state));
    if is_known || request.ended.len() >= MOST_ENDED {
        return false;
    }
    request.ended.push(EndedAt {
        group,
        state,
        how: how.to_owned(),
    });
    request.stops = request.ended.len() >= MOST_ENDED;
    // Those that end it are looked for first, so that each state is made twice at most.
    request.output = None;
    request.resumes = true;
    true
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

/// A state, as it is told.
fn named(snapshot: &Path, group: usize, state: usize) -> Option<String> {
    let snapshot = Snapshot::open(snapshot).ok()?;
    let group = snapshot.groups().get(group)?;
    let instance = snapshot.instances(group).nth(state)?;
    let key: Option<LiveValue> = snapshot.show_key(group, &instance).ok()?;
    let name = Line(&group.name);
    Some(match key {
        Some(key) => format!("{name}[{key}]"),
        None => name.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_goes_on_as_long_as_it_comes_further() {
        let mut request: TryRequest =
            serde_json::from_str(r#"{"module": "new.so", "snapshot": "states", "output": "to"}"#)
                .expect("a request");
        assert!(!goes_on(&mut request, TryPlace::Before, "ended"));
        assert!(!goes_on(&mut request, TryPlace::After, "ended"));
        assert!(request.output.is_some() && !request.resumes);
        for state in 0..MOST_ENDED {
            assert!(!request.stops);
            assert!(goes_on(&mut request, TryPlace::At(0, state), "ended"));
            assert!(request.output.is_none() && request.resumes);
            // A server of an older hotmod tries it again.
            assert!(!goes_on(&mut request, TryPlace::At(0, state), "ended"));
        }
        assert!(request.stops);
        assert!(!goes_on(&mut request, TryPlace::At(1, 0), "ended"));
    }
}
