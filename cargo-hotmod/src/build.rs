//! `cargo hotmod build`: builds modules, and moves them to where a server takes them from.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use hotmod::printed::Line;
use hotmod_file::describe::Verdict as Decided;
use hotmod_file::{Comparison, ModuleView};
use object::Object;
use serde::Serialize;

use crate::admin::Admin;
use crate::building::Wanted;
use crate::fix::{proposed, with_proposed};
use crate::json::with_examples;
use crate::lock::{self, Lock};
use crate::output::{Exit, Failure, Output};
use crate::placed::Beside;
use crate::project::{OfProject, Project};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod build
  cargo hotmod build --package game --release
  cargo hotmod build -- --features extra";

const JSON: &str = "\
With --format json, an object:
  builds                 [{ module, version, digest, file, moved, verdict, against, refusal, debug_file }]
  moved                  whether it lies in its place, file
  verdict                as in `diff`; null if there is nothing to hold it against
  against                { kind: \"running\", version } | { kind: \"lock\", file, version } |
                         { kind: \"nothing\" }
  refusal                why it is refused, for people, or null
  debug_file             with --release, the file of its symbols, or else null";

/// Where the symbols of released modules are kept, beneath the module directory.
const DEBUG: &str = "debug";

/// Builds modules, and moves each into the module directory
///
/// What the compiler says is on standard error. A file is moved by a rename, so that a server's watch takes it whole. What
/// the server that runs would do with it is asked first; where none runs, the file is held against the lock of the last
/// release. One that would be refused is not moved.
///
/// What a module shares with the server of `workspace.metadata.hotmod` is compiled once for both, with the features that both
/// want of it, as in a build of the whole workspace. With `--release` or further arguments, a module is built by itself.
///
/// The exit status is 0 if all are moved, 3 if one is refused, and 2 if one does not compile.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct Build {
    /// The package of a module; without, all modules of the workspace
    #[arg(short, long, value_name = "NAME")]
    package: Vec<String>,

    /// With the profile `release`, and without symbols: these are kept in `debug` beside the modules, by build id
    #[arg(long)]
    release: bool,

    /// Move a file that would be refused, too: for a server that is to begin anew with it
    #[arg(long)]
    anyway: bool,

    #[command(flatten)]
    project: OfProject,

    #[command(flatten)]
    output: Output,

    /// Further arguments of `cargo build`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What became of the modules.
#[derive(Serialize)]
struct Builds {
    builds: Vec<Became>,
}

/// What became of one.
#[derive(Serialize)]
struct Became {
    module: String,
    version: String,
    digest: String,
    file: PathBuf,
    /// Whether it lies there.
    moved: bool,
    /// `adopt`, `migrate` or `refuse`; `None` if there is nothing to hold it against.
    verdict: Option<String>,
    against: Against,
    /// Why it is refused.
    refusal: Option<String>,
    debug_file: Option<PathBuf>,
}

/// What a build is held against.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Against {
    /// The version that a server runs.
    Running {
        version: String,
    },
    /// The lock of a release.
    Lock {
        file: PathBuf,
        version: String,
    },
    Nothing,
}

/// What is said of a build beforehand.
pub(crate) struct Verdict {
    verdict: Option<String>,
    against: Against,
    refusal: Option<String>,
}

impl Build {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let project = self.project.read()?;
        let admin = Admin::at(&project.socket)?;
        let mut builds = Vec::new();
        for package in project.module_packages(&self.package)? {
            let wanted = Wanted {
                project: &project,
                package,
                is_program: false,
                release: self.release,
                arguments: &self.arguments,
            };
            let Some(built) = wanted.begin()?.wait()? else {
                return Err(Failure::undone(
                    format!("package `{}` does not compile", package.name),
                    "what the compiler says stands above",
                ));
            };
            let debug_file = match self.release {
                true => Some(take_symbols(&project, &built)?),
                false => None,
            };
            let strip = |copy: &Path| match self.release {
                true => objcopy(&["--strip-debug".as_ref(), copy.as_os_str()]),
                false => Ok(()),
            };
            let beside = Beside::new(&project, &built, strip)?;
            builds.push(self.finish(&project, &admin, beside, debug_file)?);
        }
        let builds = Builds { builds };
        self.output.print(&builds)?;
        Ok(match builds.builds.iter().any(|it| it.refusal.is_some()) {
            true => Exit::Refused,
            false => Exit::Yes,
        })
    }

    fn finish(
        &self,
        project: &Project,
        admin: &Admin,
        beside: Beside,
        debug_file: Option<PathBuf>,
    ) -> Result<Became, Failure> {
        let verdict = Verdict::of(project, admin, &beside)?;
        let build = beside.module.build();
        let (module, version, digest) =
            (build.module.clone(), build.version.clone(), beside.digest());
        let file = beside.destination.clone();
        let moved = verdict.refusal.is_none() || self.anyway;
        if moved {
            beside.place()?;
        }
        let Verdict {
            verdict,
            against,
            refusal,
        } = verdict;
        Ok(Became {
            module,
            version,
            digest,
            file,
            moved,
            verdict,
            against,
            refusal,
            debug_file,
        })
    }
}

impl Verdict {
    /// Of what runs, or else of the lock of the last release.
    fn of(project: &Project, admin: &Admin, beside: &Beside) -> Result<Self, Failure> {
        let plan = beside
            .plan(admin)
            .map_err(|it| it.failure(&project.socket))?;
        if let Some(plan) = plan {
            let verdict = plan["verdict"].as_str().unwrap_or("refuse").to_owned();
            let version = plan["old"]["version"]
                .as_str()
                .unwrap_or("what runs")
                .to_owned();
            let refusal = (verdict == "refuse").then(|| {
                let text = plan["text"].as_str().unwrap_or_default().to_owned();
                let new = beside.module.manifest();
                with_proposed(text, &beside.destination, new)
            });
            return Ok(Verdict {
                verdict: Some(verdict),
                against: Against::Running { version },
                refusal,
            });
        }
        let file = project.root.join(lock::DEFAULT);
        let nothing = Verdict {
            verdict: None,
            against: Against::Nothing,
            refusal: None,
        };
        if !file.exists() {
            return Ok(nothing);
        }
        let lock = Lock::read(&file)?;
        // A workspace with several modules has a lock for each, and this is another's.
        if lock.build.module != beside.module.build().module {
            return Ok(nothing);
        }
        let statics = lock.statics.as_deref().unwrap_or_default();
        let locked = ModuleView::new(&lock.manifest, &lock.build).statics(statics);
        let differences = Comparison::new(locked, &beside.module).update();
        let refusal = differences.iter().filter(|it| it.rule.refuses());
        let mut refusal: Vec<String> = refusal.map(|it| it.with_code().to_string()).collect();
        if !refusal.is_empty() {
            let arguments = format!(" --lock {}", Line(file.display()));
            let new = beside.module.manifest();
            refusal.extend(proposed(&lock.manifest, new, &arguments));
        }
        Ok(Verdict {
            verdict: Some(Decided::of(&differences).as_str().to_owned()),
            against: Against::Lock {
                file,
                version: lock.build.version,
            },
            refusal: (!refusal.is_empty()).then(|| refusal.join("\n")),
        })
    }
}

/// Takes the symbols of a built file into one of their own, by its build id, and gives that. What is needed to name
/// functions and statics stays.
fn take_symbols(project: &Project, built: &Path) -> Result<PathBuf, Failure> {
    let id = build_id(built).ok_or_else(|| {
        Failure::undone(
            format!("{} has no build id", Line(built.display())),
            "have the linker write one: `-C link-arg=-Wl,--build-id` in `RUSTFLAGS`",
        )
    })?;
    let (first, rest) = id.split_at(2);
    let directory = project.modules.join(DEBUG).join(".build-id").join(first);
    fs::create_dir_all(&directory).map_err(|error| {
        Failure::undone(
            format!("{} cannot be made: {error}", Line(directory.display())),
            "check the permissions of the module directory",
        )
    })?;
    let debug_file = directory.join(format!("{rest}.debug"));
    objcopy(&[
        "--only-keep-debug".as_ref(),
        built.as_os_str(),
        debug_file.as_os_str(),
    ])?;
    Ok(debug_file)
}

/// The build id of a file, in hexadecimal digits.
fn build_id(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    let file = object::File::parse(&*bytes).ok()?;
    let id = file.build_id().ok()??;
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    (id.len() > 2).then_some(id)
}

fn objcopy(arguments: &[&OsStr]) -> Result<(), Failure> {
    let program = env::var_os("OBJCOPY").unwrap_or_else(|| "objcopy".into());
    let status = Command::new(&program).args(arguments).status();
    let failed = |how: String| {
        Failure::undone(
            format!("`{}` {how}", Line(program.display())),
            "install the package `binutils`, or have `OBJCOPY` name another, such as `llvm-objcopy`",
        )
    };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("ended with {status}"))),
        Err(error) => Err(failed(format!("cannot be run: {error}"))),
    }
}

impl fmt::Display for Builds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, it) in self.builds.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            it.fmt(f)?;
        }
        Ok(())
    }
}

/// As `game 0.2.0 (1f2e3d4c) in modules/libgame.so: adopt, beside 0.1.0 that runs`.
impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = self.digest.get(..8).unwrap_or(&self.digest);
        let place = match self.moved {
            true => "in",
            false => "not moved to",
        };
        let file = Line(self.file.display());
        write!(
            f,
            "{} {} ({digest}) {place} {file}: ",
            self.module, self.version
        )?;
        let verdict = self.verdict.as_deref().unwrap_or("unchanged");
        match &self.against {
            Against::Running { version } => {
                write!(f, "{verdict}, held against {version}, which runs")?
            }
            Against::Lock { file, version } => {
                write!(
                    f,
                    "{verdict}, held against {version} of {}",
                    Line(file.display())
                )?;
            }
            Against::Nothing => {
                f.write_str("no server runs it, and no lock is there to hold it against")?
            }
        }
        if let Some(file) = &self.debug_file {
            write!(f, "\n  symbols in {}", Line(file.display()))?;
        }
        match &self.refusal {
            Some(refusal) => indented(f, refusal),
            None => Ok(()),
        }
    }
}

/// A text on lines of its own.
fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.lines().try_for_each(|line| write!(f, "\n  {line}"))
}
