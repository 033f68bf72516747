//! `cargo hotmod fuzz`: values that are made up, taken from one version to another and back.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use clap::Args;
use hotmod::printed::{Line, lines};
use hotmod_file::snapshot::form::Forms;
use hotmod_file::snapshot::made_up::{Choices, made_up, smallest};
use hotmod_file::snapshot::shown::shown_whole;
use hotmod_file::{LiveValue, inspect};
use hotmod_host::{FuzzOptions, FuzzReport, Host};
use serde::{Deserialize, Serialize};

use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod fuzz releases/libgame-1.0.so target/debug/libgame.so
  cargo hotmod fuzz old.so new.so --values 100000 --seed 7 --allow-unfit";

const JSON: &str = "\
With --format json, an object:
  module, from, to       the module, and its two versions
  lossless               as in `diff`: only then is each value taken back, too
  is_clean               whether nothing went wrong
  states                 [{ interface, state, values, discarded, impossible, faults: [{ kind, told, value }] }]:
                         how many values were taken, and how many were none of the older version; why
                         there are none, or null; what went wrong, and the smallest value by which it did
or, where the one may not replace the other:
  refused                why, for people
or, where the process ended:
  crashed                how
  interface, value       at which value, or null";

/// The variable of the environment that holds a [`FuzzRequest`], as JSON.
const REQUEST: &str = "HOTMOD_FUZZ";

/// How often a value at which the process ends is tried to be made smaller: each time in a process of its own.
const TRIES: usize = 150;

/// Makes values of OLD's states up, takes them to NEW and back, and says what goes wrong
///
/// From OLD's description alone: numbers at their edges, empty and deep containers, each variant. Each value is taken along
/// as an update would, and tried out by the preflights of NEW; where the plan loses nothing it is taken back, and has to be
/// what it was. A crash, a panic, a value that does not fit and memory that is left are told, with a value that was made as
/// small as it can be, as JSON. The modules run in a process of their own, and their imports are stubs.
///
/// The exit status is 0 if nothing goes wrong, 3 if something does or NEW may not replace OLD, 2 if a file is unusable.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct Fuzz {
    /// The version that values are taken from
    old: PathBuf,

    /// The version that they are taken to
    new: PathBuf,

    /// How many values of each state
    #[arg(long, default_value_t = 10_000)]
    values: u64,

    /// Which ones: the same number makes the same values
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Values that do not fit are told, and are nothing wrong
    #[arg(long)]
    allow_unfit: bool,

    #[command(flatten)]
    output: Output,
}

/// What a child is asked for.
#[derive(Serialize, Deserialize)]
struct FuzzRequest {
    old: PathBuf,
    new: PathBuf,
    values: u64,
    seed: u64,
    allow_unfit: bool,
    json: bool,
    /// Where it says which value it is at.
    progress: PathBuf,
    /// This value alone.
    only: Option<FuzzedAt>,
}

/// A value.
#[derive(Clone, Serialize, Deserialize)]
struct FuzzedAt {
    interface: String,
    choices: Vec<u64>,
}

/// Does what this process is asked for as such a child.
pub(super) fn answered() -> Option<ExitCode> {
    let request = std::env::var(REQUEST).ok()?;
    let request: FuzzRequest = serde_json::from_str(&request).ok()?;
    let answered = answer(&request);
    // A process that ends with it there has not answered, whatever its status.
    let _ = fs::remove_file(&request.progress);
    Some(answered.unwrap_or_else(|error| {
        let reason = error.to_string();
        if request.json {
            let told = serde_json::json!({ "refused": reason });
            // The reader may have seen enough.
            let _ = writeln!(io::stdout(), "{told}");
        }
        eprintln!("error: {reason}");
        Exit::Refused.into()
    }))
}

fn answer(request: &FuzzRequest) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let host = Host::builder().stub_imports(true).build()?;
    let (old, new) = (&request.old, &request.new);
    let progress = File::create(&request.progress)?;
    if let Some(FuzzedAt { interface, choices }) = &request.only {
        return Ok(match host.fuzz_one(old, new, interface, choices)? {
            true => Exit::Yes,
            false => Exit::Refused,
        }
        .into());
    }
    let mut step = |interface: &str, choices: &[u64]| {
        let at = FuzzedAt {
            interface: interface.to_owned(),
            choices: choices.to_vec(),
        };
        let mut text = serde_json::to_string(&at).unwrap_or_default();
        // What a longer one left behind it.
        text.push('\n');
        // Where it cannot be written, a crash is told without its value.
        let _ = progress.write_all_at(text.as_bytes(), 0);
    };
    let options = FuzzOptions::new().values(request.values).seed(request.seed);
    let report = host.fuzz_by_steps(old, new, options, &mut step)?;
    let told = ToldFuzz {
        is_clean: report.is_clean(request.allow_unfit),
        report,
    };
    let text = match request.json {
        true => serde_json::to_string_pretty(&JsonFuzz::of(&told))?,
        false => told.to_string(),
    };
    match writeln!(io::stdout(), "{text}") {
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        printed => printed?,
    }
    Ok(match told.is_clean {
        true => Exit::Yes,
        false => Exit::Refused,
    }
    .into())
}

struct ToldFuzz {
    is_clean: bool,
    report: FuzzReport,
}

impl fmt::Display for ToldFuzz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let FuzzReport {
                module, versions, ..
            } = &self.report;
            let (was, now) = (Line(&versions.0), Line(&versions.1));
            let back = match self.report.lossless {
                true => " and back",
                false => "",
            };
            write!(f, "`{}` {was} → {now}{back}", Line(module))?;
            for state in &self.report.states {
                let name = Line(&state.state);
                write!(f, "\n{name}: {} values", state.taken)?;
                if state.discarded > 0 {
                    write!(f, ", {} were none of {was}", state.discarded)?;
                }
                if let Some(why) = &state.impossible {
                    write!(f, ": {}", Line(why))?;
                }
                for fault in &state.faults {
                    let (kind, told) = (fault.kind.as_str(), Line(&fault.told));
                    write!(f, "\n  {kind}: {told}\n    value: {}", fault.value)?;
                }
            }
            Ok(())
        })
    }
}

#[derive(Serialize)]
struct JsonFuzz<'r> {
    module: &'r str,
    from: &'r str,
    to: &'r str,
    lossless: bool,
    is_clean: bool,
    states: Vec<JsonFuzzedState<'r>>,
}

#[derive(Serialize)]
struct JsonFuzzedState<'r> {
    interface: &'r str,
    state: &'r str,
    values: u64,
    discarded: u64,
    impossible: Option<&'r str>,
    faults: Vec<JsonFuzzFault<'r>>,
}

#[derive(Serialize)]
struct JsonFuzzFault<'r> {
    kind: &'static str,
    told: &'r str,
    value: &'r LiveValue,
}

impl<'r> JsonFuzz<'r> {
    fn of(told: &'r ToldFuzz) -> Self {
        let report = &told.report;
        let states = report.states.iter().map(|it| JsonFuzzedState {
            interface: &it.interface,
            state: &it.state,
            values: it.taken,
            discarded: it.discarded,
            impossible: it.impossible.as_deref(),
            faults: (it.faults.iter())
                .map(|fault| JsonFuzzFault {
                    kind: fault.kind.as_str(),
                    told: &fault.told,
                    value: &fault.value,
                })
                .collect(),
        });
        JsonFuzz {
            module: &report.module,
            from: &report.versions.0,
            to: &report.versions.1,
            lossless: report.lossless,
            is_clean: told.is_clean,
            states: states.collect(),
        }
    }
}

/// A value at which the process ends.
#[derive(Serialize)]
struct JsonCrash<'r> {
    crashed: &'r str,
    interface: Option<&'r str>,
    value: Option<LiveValue>,
}

impl fmt::Display for JsonCrash<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            write!(f, "crashed: {}", self.crashed)?;
            match &self.value {
                Some(value) => write!(f, "\n    value: {value}"),
                None => f.write_str(", before the first value"),
            }
        })
    }
}

impl Fuzz {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let old = inspect(&self.old)?;
        inspect(&self.new)?;
        let directory = tempfile::tempdir()?;
        let progress = directory.path().join("progress");
        let mut request = FuzzRequest {
            old: self.old.clone(),
            new: self.new.clone(),
            values: self.values,
            seed: self.seed,
            allow_unfit: self.allow_unfit,
            json: self.output.is_json(),
            progress: progress.clone(),
            only: None,
        };
        let status = child(&request, false)?;
        let how = match ended(status) {
            Ok(exit) if !progress.exists() => return Ok(exit),
            Ok(_) => with_status(status),
            Err(how) => how,
        };
        let at = at(&progress);
        let mut value = None;
        if let Some(at) = &at {
            let mut crashes = |choices: &[u64]| {
                request.only = Some(FuzzedAt {
                    interface: at.interface.clone(),
                    choices: choices.to_vec(),
                });
                let ended = child(&request, true).map(ended);
                ended.is_ok_and(|it| it.is_err() || progress.exists())
            };
            let choices = smallest(at.choices.clone(), TRIES, &mut crashes);
            let manifest = old.manifest();
            if let Some(it) = manifest.implementations.get(&at.interface) {
                let forms = Forms::of(manifest, &it.state);
                let bytes = made_up(&forms, &mut Choices::given(&choices));
                let shown = bytes
                    .ok()
                    .map(|bytes| shown_whole(manifest, &it.state, &bytes));
                value = shown.and_then(Result::ok);
            }
        }
        self.output.print(&JsonCrash {
            crashed: &how,
            interface: at.as_ref().map(|it| &*it.interface),
            value,
        })?;
        Ok(Exit::Refused)
    }
}

fn child(request: &FuzzRequest, is_silent: bool) -> Result<ExitStatus, Failure> {
    let text = serde_json::to_string(request).map_err(|error| Failure::Output(error.into()))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.env(REQUEST, text);
    if is_silent {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    Ok(command.status()?)
}

/// How it ended, if it answered; otherwise how else.
fn ended(status: ExitStatus) -> Result<Exit, String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(Exit::Yes),
        (Some(2), _) => Ok(Exit::Unusable),
        (Some(3), _) => Ok(Exit::Refused),
        (_, Some(signal)) => Err(format!("the process was ended by signal {signal}")),
        (_, None) => Err(with_status(status)),
    }
}

fn with_status(status: ExitStatus) -> String {
    let code = status.code().unwrap_or_default();
    format!("the process ended with status {code}")
}

/// The value that the child was at.
fn at(progress: &Path) -> Option<FuzzedAt> {
    let text = fs::read_to_string(progress).ok()?;
    serde_json::from_str(text.lines().next()?).ok()
}
