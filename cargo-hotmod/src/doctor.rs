//! `cargo hotmod doctor`: what of the machine and the workspace stands in the way of modules that are replaced.

mod linker;

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use hotmod::codes::{self, Code};
use hotmod::printed::Line;
use hotmod_file::inspect;
use serde::Serialize;
use toml_edit::DocumentMut;

use self::linker::{GNU, linker_of};
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};
use crate::project::{OfProject, Package, Project};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod doctor
  cargo hotmod doctor --modules /srv/game/modules";

const JSON: &str = "\
With --format json, an object:
  findings               [{ of, kind, code, text, help }]
  of                     what was looked at: \"toolchain\", \"linker\", \"watching\", \"temporary files\",
                         \"profiles\", \"runtime\", \"statics\" or \"modules\"
  kind                   \"fine\" | \"note\" (worth knowing) | \"fault\" (it stands in the way)
  code, help             null if it is fine; text and help are for people";

/// How many directories a user should be able to watch.
const FEW_WATCHES: u64 = 8192;

/// Says what of the machine and the workspace stands in the way, and what to do about it
///
/// Looks at the toolchain, the profiles, what the modules depend on, the statics of those that are built and what linked
/// them, the limits of watching, and the directory for temporary files. Nothing is built or run. The exit status is 0 if nothing stands in the
/// way, and 3 otherwise; what is only worth knowing counts as nothing.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct Doctor {
    #[command(flatten)]
    project: OfProject,

    #[command(flatten)]
    output: Output,
}

/// What was looked at.
#[derive(Serialize)]
struct Diagnosis {
    findings: Vec<Symptom>,
}

#[derive(Serialize)]
struct Symptom {
    /// What was looked at.
    of: &'static str,
    kind: Kind,
    /// The code of what was found, if that is more than worth nothing: as HM-0722.
    code: Option<String>,
    text: String,
    help: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Fine,
    /// Worth knowing.
    Note,
    /// It stands in the way.
    Fault,
}

impl Doctor {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let project = self.project.read()?;
        let modules = project.module_packages(&[])?;
        let mut findings = vec![
            toolchain(&project),
            linker(&project),
            watches(),
            temporary(),
        ];
        findings.extend(profiles(&project)?);
        for package in modules {
            findings.extend(runtime(&project, package));
        }
        findings.extend(statics(&project));
        let findings = Diagnosis { findings };
        self.output.print(&findings)?;
        let has_faults = findings.findings.iter().any(|it| it.kind == Kind::Fault);
        Ok(if has_faults { Exit::Refused } else { Exit::Yes })
    }
}

fn fine(of: &'static str, text: impl Into<String>) -> Symptom {
    let text = text.into();
    Symptom {
        of,
        kind: Kind::Fine,
        code: None,
        text,
        help: None,
    }
}

fn fault(of: &'static str, code: Code, text: impl Into<String>, help: &'static str) -> Symptom {
    Symptom {
        of,
        kind: Kind::Fault,
        code: Some(code.to_string()),
        text: text.into(),
        help: Some(help),
    }
}

fn note(of: &'static str, code: Code, text: impl Into<String>, help: &'static str) -> Symptom {
    let kind = Kind::Note;
    Symptom {
        kind,
        ..fault(of, code, text, help)
    }
}

/// The compiler that builds here, beside those that built what lies in the module directory.
fn toolchain(project: &Project) -> Symptom {
    const OF: &str = "toolchain";
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("--version")
        .current_dir(&project.root)
        .output();
    let Some(version) = output.ok().filter(|it| it.status.success()) else {
        return fault(
            OF,
            codes::COMPILER_MISSING,
            "there is no `rustc`",
            "install a toolchain, as by rustup",
        );
    };
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    for file in placed(project) {
        let Ok(module) = inspect(&file) else {
            continue;
        };
        let built_by = &module.build().rustc;
        if *built_by != version {
            return note(
                OF,
                codes::COMPILER_DIFFERS,
                format!(
                    "{version}, and {} was built by {built_by}",
                    Line(file.display())
                ),
                "values whose layout a compiler chooses are converted between the two: build it, and the server, anew",
            );
        }
    }
    fine(OF, version)
}

/// What links modules, which is much of the time from an edit to its being live.
fn linker(project: &Project) -> Symptom {
    const OF: &str = "linker";
    let mut linkers = BTreeSet::new();
    for file in placed(project) {
        // What cannot be read is told where statics are looked for.
        let Some(linker) = inspect(&file)
            .ok()
            .and_then(|_| linker_of(&fs::read(&file).ok()?))
        else {
            continue;
        };
        if linker == GNU {
            return note(
                OF,
                codes::SLOW_LINKER,
                format!("{} was linked by {GNU}, the slowest", Line(file.display())),
                "remove what names a linker in `.cargo/config.toml` or `RUSTFLAGS`; where that is the default, install \
                 `lld` and name it there: `-C link-arg=-fuse-ld=lld`",
            );
        }
        linkers.insert(linker);
    }
    if linkers.is_empty() {
        return fine(OF, "no module is built that says what linked it");
    }
    let linkers: Vec<_> = linkers.into_iter().collect();
    fine(OF, linkers.join(", "))
}

/// The modules in the module directory.
fn placed(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(&project.modules)
        .into_iter()
        .flatten()
        .flatten();
    let mut files: Vec<PathBuf> = entries.map(|it| it.path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "so"));
    files.sort();
    files
}

/// What sets profiles: the manifest of the workspace, and cargo's own settings for it.
fn settings(project: &Project) -> Result<Vec<(PathBuf, DocumentMut)>, Failure> {
    let path = project.root.join("Cargo.toml");
    let text = fs::read_to_string(&path)?;
    let manifest = text.parse::<DocumentMut>().map_err(|error| {
        Failure::undone(
            format!("{} is no manifest: {error}", Line(path.display())),
            "correct it first: `cargo metadata` says more",
        )
    })?;
    let above = project.root.ancestors().map(|it| it.join(".cargo"));
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    // The one of the user may be among those above.
    let places: BTreeSet<PathBuf> = above.chain(home).collect();
    let files = places
        .iter()
        .flat_map(|it| ["config.toml", "config"].map(|name| it.join(name)));
    let read = files.filter_map(|it| {
        let text = fs::read_to_string(&it).ok()?;
        // What cargo cannot read, it says itself.
        Some((it, text.parse::<DocumentMut>().ok()?))
    });
    Ok([(path, manifest)].into_iter().chain(read).collect())
}

fn aborts(at: impl fmt::Display) -> Symptom {
    fault(
        "profiles",
        codes::PANIC_ABORTS,
        format!("{at}: a panic of a module ends the server"),
        "remove it; a host refuses such modules, unless `HostBuilder::allow_panic_abort` lets them in",
    )
}

fn profiles(project: &Project) -> Result<Vec<Symptom>, Failure> {
    const OF: &str = "profiles";
    let mut found = Vec::new();
    for (place, (path, settings)) in settings(project)?.iter().enumerate() {
        let within = match place {
            0 => String::new(),
            _ => format!(" of {}", Line(path.display())),
        };
        let profiles = settings.get("profile").and_then(|it| it.as_table_like());
        for (name, profile) in profiles.into_iter().flat_map(|it| it.iter()) {
            let text = |key: &str| profile.get(key).and_then(|it| it.as_str());
            if text("panic") == Some("abort") {
                found.push(aborts(format!(
                    "`panic = \"abort\"` in `profile.{name}`{within}"
                )));
            }
            if name == "dev" && profile.get("lto").and_then(|it| it.as_bool()) == Some(true) {
                found.push(note(
                    OF,
                    codes::DEV_LINKS_AS_A_WHOLE,
                    format!("`lto = true` in `profile.dev`{within}"),
                    "remove it: each edit is linked as a whole",
                ));
            }
        }
    }
    for (name, value) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PROFILE_") && name.ends_with("_PANIC") && value == "abort" {
            found.push(aborts(format!("`{name}=abort` in the environment")));
        }
    }
    if found.is_empty() {
        found.push(fine(OF, "panics unwind"));
    }
    Ok(found)
}

/// Whether a module has a runtime of its own.
fn runtime(project: &Project, package: &Package) -> Option<Symptom> {
    let needs = project.needs(package);
    needs.contains("tokio").then(|| {
        note(
            "runtime",
            codes::RUNTIME_OF_ITS_OWN,
            format!("module `{}` depends on `tokio`, of which each version has a copy without a runtime", package.name),
            "`tokio::sync` works there; use `hotmod::sleep`, `timeout` and `spawn`, and `async` imports for sockets",
        )
    })
}

/// Statics of modules that are built, which start anew with each version.
fn statics(project: &Project) -> Vec<Symptom> {
    let mut found = Vec::new();
    for file in placed(project) {
        match inspect(&file) {
            Ok(module) => {
                let names: Vec<&str> = module.statics().names().collect();
                if !names.is_empty() {
                    found.push(note(
                        "statics",
                        codes::STARTS_ANEW,
                        format!("in {}: {}", Line(file.display()), names.join(", ")),
                        "they start anew with each version: what is to go on belongs to the state",
                    ));
                }
            }
            Err(refusal) => found.push(Symptom {
                of: "modules",
                kind: Kind::Fault,
                // Each of its reasons has its own.
                code: None,
                text: refusal.to_string(),
                help: Some("build it anew: `cargo hotmod build`"),
            }),
        }
    }
    found
}

fn watches() -> Symptom {
    const OF: &str = "watching";
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_user_watches");
    let limit = limit.ok().and_then(|it| it.trim().parse::<u64>().ok());
    match limit {
        Some(limit) if limit >= FEW_WATCHES => {
            fine(OF, format!("{limit} directories may be watched"))
        }
        Some(limit) => note(
            OF,
            codes::FEW_WATCHES,
            format!("only {limit} directories may be watched"),
            "raise `fs.inotify.max_user_watches` by `sysctl`",
        ),
        None => note(
            OF,
            codes::FEW_WATCHES,
            "the limit of inotify cannot be read",
            "watches look once a second where they hear nothing",
        ),
    }
}

/// Whether files in the directory for temporary ones can be mapped as code, which hosts do there.
fn temporary() -> Symptom {
    const OF: &str = "temporary files";
    let directory = env::temp_dir();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let directory = directory.canonicalize().unwrap_or(directory);
    // The last of those that lie above it, and are the nearest.
    let nearest = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (at, options) = (fields.next()?, fields.nth(1)?);
        directory
            .starts_with(Path::new(at))
            .then_some((at.len(), options))
    });
    let nearest = nearest.max_by_key(|(length, _)| *length);
    let shown = Line(directory.display());
    if !directory.is_dir() {
        return fault(
            OF,
            codes::TEMPORARY_NOT_EXECUTABLE,
            format!("{shown} is no directory: no module can be loaded from there"),
            "make it, or have `TMPDIR` of the server name another, or `HostBuilder::stage_dir`",
        );
    }
    match nearest {
        Some((_, options)) if options.split(',').any(|it| it == "noexec") => fault(
            OF,
            codes::TEMPORARY_NOT_EXECUTABLE,
            format!("{shown} is mounted with `noexec`: no module can be loaded from there"),
            "have `TMPDIR` of the server name another, or `HostBuilder::stage_dir`",
        ),
        _ => fine(OF, format!("modules can be mapped from {shown}")),
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, it) in self.findings.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            let kind = match it.kind {
                Kind::Fine => "fine",
                Kind::Note => "note",
                Kind::Fault => "fault",
            };
            write!(f, "{kind:<6}{}: {}", it.of, it.text)?;
            if let Some(code) = &it.code {
                write!(f, " [{code}]")?;
            }
            if let Some(help) = it.help {
                write!(f, "\n      help: {help}")?;
            }
        }
        Ok(())
    }
}
