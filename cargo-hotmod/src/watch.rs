//! `cargo hotmod watch` and `run`: each edit is built, and taken up by the server that runs.
//!
//! One thread does all of it, and is woken by what changes (`sources`), by a build that has ended, by the end of the
//! server that it has started, and by signals. What it tells is `told`.

mod alone;
mod changed;
mod serving;
mod sources;
mod told;
mod watching;

use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use clap::Args;
use hyper::StatusCode;
use serde_json::json;

use self::alone::Alone;
use self::changed::changed;
use self::sources::Sources;
use self::told::Told;
use self::watching::{Known, Served, Wake, Watching, packages, stamp};
use crate::admin::Unanswered;
use crate::building::{Artifacts, Wanted};
use crate::fix::with_proposed;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};
use crate::placed::Beside;
use crate::project::{OfProject, Project};

const OF_WATCH: &str = "\
Examples:
  cargo hotmod watch
  cargo hotmod watch --package game -- --features extra";

const JSON: &str = "\
With --format json, an object a line, as it happens; told says what it is of:
  watching               { modules, files, directory }
  live                   { module, version, took_ms, changed, state }: changed is for people, and
                         null of the first, and where nothing but comments was
  unchanged              { module, version }: what runs is what was built
  placed                 { module, version, file, socket }: no server answers there
  refused                { module, text }: what runs goes on
  uncompiled             { package }: the compiler's messages are on standard error
  unusable               { reason }
  serving                { took_ms, began, before, instances }: began is \"anew\", \"restarted\" or
                         \"took-over\", and the others are how many instances each pool had and has
  not-taken-over, ended  { status }: of the server that was to take over, and of the one that runs
  killed                 { seconds }: for how long it was waited for";

const OF_RUN: &str = "\
Examples:
  cargo hotmod run
  PORT=9000 cargo hotmod run --server game-server -- --verbose";

/// How often a module is offered to a server that others update meanwhile.
const OFFERS: usize = 10;

/// Builds what is saved, and has the server that runs take it up
///
/// Says of each save what became of it: the compiler's errors, a refusal with what to write, or that it is live, with the
/// items that were changed and what became of state. A save while a build runs ends that build, with all compilers that it
/// has started, and begins anew. The module's version need not be raised.
#[derive(Args)]
#[command(after_help = OF_WATCH, after_long_help = with_examples(OF_WATCH, JSON))]
pub(crate) struct Watch {
    /// The package of a module; without, all modules of the workspace
    #[arg(short, long, value_name = "NAME")]
    package: Vec<String>,

    #[command(flatten)]
    project: OfProject,

    #[command(flatten)]
    output: Output,

    /// Further arguments of `cargo build`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Builds and runs the server with its modules, and takes up what is saved
///
/// As `watch` does. Where a source of the server itself is saved, the server is built and takes over from the one that runs:
/// state and sockets go over, and no connection is refused. Where the workspace names no `handoff`, the one that runs is asked to
/// stop (SIGTERM) and the other started then; what of its state goes on is its own doing, such as by a snapshot. One that
/// does not start leaves the one that runs.
///
/// There is one at a time in a workspace: a second one, or a server that was started otherwise, would take the socket over.
/// The server ends with this command, be it by a signal that cannot be caught.
#[derive(Args)]
#[command(after_help = OF_RUN, after_long_help = with_examples(OF_RUN, JSON))]
pub(crate) struct Run {
    /// The package of the server; without, `server` of `workspace.metadata.hotmod`
    #[arg(long, value_name = "NAME")]
    server: Option<String>,

    #[command(flatten)]
    project: OfProject,

    #[command(flatten)]
    output: Output,

    /// Arguments of the server
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What came of a build.
enum Step {
    Built(PathBuf),
    Failed,
    /// The sources are others by now.
    Overtaken,
    Ends,
}

impl Watch {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        Watching::new(
            self.project,
            self.package,
            self.arguments,
            self.output,
            |_| Ok(None),
        )?
        .run()
    }
}

impl Run {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let server = |project: &Project| {
            let package = self.server.or_else(|| project.server.clone()).ok_or_else(|| {
                Failure::undone(
                    "the workspace names no server",
                    "write `[workspace.metadata.hotmod] server = \"…\"` in its Cargo.toml, or name one by `--server`",
                )
            })?;
            Ok(Some(Served::new(
                package,
                self.arguments,
                Alone::in_workspace(project)?,
            )))
        };
        Watching::new(self.project, Vec::new(), Vec::new(), self.output, server)?.run()
    }
}

impl Watching {
    fn run(mut self) -> Result<Exit, Failure> {
        let mut begun = Instant::now();
        let mut is_first = true;
        loop {
            let sources = self.looked.read()?;
            let begins = std::mem::take(&mut is_first);
            if begins {
                let (modules, _) = packages(&self.project, &self.names, self.server.as_ref())?;
                let modules = modules.into_iter().map(|it| it.name.clone()).collect();
                self.tell(&Told::Watching {
                    modules,
                    files: sources.count(),
                    directory: self.project.modules.clone(),
                })?;
            }
            if self.attempted.as_ref() != Some(&sources) {
                match self.attempt(sources, begun) {
                    Ok(Step::Overtaken) => continue,
                    Ok(Step::Ends) => break,
                    Ok(Step::Built(_) | Step::Failed) => {}
                    // What an edit has broken, another one mends.
                    Err(failure) if !begins && failure.is_of_what_was_asked() => {
                        let reason = failure.to_string();
                        self.tell(&Told::Unusable { reason })?;
                    }
                    Err(failure) => return Err(failure),
                }
            }
            match self.next() {
                Wake::Changed => {
                    begun = Instant::now();
                    self.settle();
                }
                Wake::ServerEnded(process) => self.served(process)?,
                Wake::Ends => break,
                Wake::Built(..) => {}
            }
        }
        self.stop()?;
        Ok(Exit::Yes)
    }

    /// Builds what there is, and has the server take it. Whether it came to that is told.
    fn attempt(&mut self, sources: Sources, begun: Instant) -> Result<Step, Failure> {
        let before = self.attempted.replace(sources.clone());
        let is_other = before.is_some_and(|before| sources.has_other_manifests(&before));
        if is_other || self.is_unread {
            let read = self.read_project();
            self.is_unread = read.is_err();
            if let Err(failure) = read {
                let reason = failure.to_string();
                self.tell(&Told::Unusable { reason })?;
                return Ok(Step::Failed);
            }
            // The packages may be others. To read them begins to listen for their changes.
            if self.looked.read()? != sources {
                return Ok(Step::Overtaken);
            }
        }
        let project = self.project.clone();
        let (modules, server) = packages(&project, &self.names, self.server.as_ref())?;
        let all = project.sources(modules.iter().copied().chain(server));
        let arguments = self.arguments.clone();
        let mut built = Vec::new();
        for package in modules {
            let wanted = Wanted {
                project: &project,
                package,
                is_program: false,
                release: false,
                arguments: &arguments,
            };
            let file = match self.build(&wanted, &sources)? {
                Step::Built(file) => file,
                other => return Ok(other),
            };
            let its = sources.of(&project.sources([package]), &all);
            match Beside::new(&project, &file, |_| Ok(())) {
                Ok(beside) => built.push((package.name.clone(), beside, its)),
                // Built, and no module: its author reads why, and goes on.
                Err(failure) => {
                    self.tell(&Told::Unusable {
                        reason: failure.to_string(),
                    })?;
                    return Ok(Step::Failed);
                }
            }
        }
        if let Some(package) = server {
            let its = sources.of(&project.sources([package]), &all);
            let is_new = self
                .server
                .as_ref()
                .is_none_or(|it| it.serving.is_none() || it.sources.as_ref() != Some(&its));
            if is_new {
                let wanted = Wanted {
                    project: &project,
                    package,
                    is_program: true,
                    release: false,
                    arguments: &[],
                };
                let program = match self.build(&wanted, &sources)? {
                    Step::Built(program) => program,
                    other => return Ok(other),
                };
                let stamp = stamp(&program)?;
                let running = self.server.as_mut().filter(|it| it.serving.is_some());
                match running.filter(|it| it.stamp == Some(stamp)) {
                    // What was saved is none of its code, such as the version of a module in `Cargo.lock`.
                    Some(server) => server.sources = Some(its),
                    None => {
                        self.replace(&program, built, (its, stamp), begun)?;
                        return Ok(Step::Built(program));
                    }
                }
            }
        }
        for (package, beside, sources) in built {
            self.take(&package, beside, sources, begun)?;
        }
        Ok(Step::Built(PathBuf::new()))
    }

    /// Builds, as long as the sources stay as they are.
    fn build(&mut self, wanted: &Wanted<'_>, sources: &Sources) -> Result<Step, Failure> {
        let mut building = wanted.begin()?;
        self.builds += 1;
        let number = self.builds;
        let artifacts = building.artifacts();
        let wake = self.wake.clone();
        thread::spawn(move || wake.send(Wake::Built(number, artifacts.and_then(Artifacts::read))));
        loop {
            match self.next() {
                Wake::Built(ended, file) if ended == number => {
                    return match building.end(file)? {
                        Some(file) => Ok(Step::Built(file)),
                        None => {
                            let package = wanted.package.name.clone();
                            self.tell(&Told::Uncompiled { package })?;
                            Ok(Step::Failed)
                        }
                    };
                }
                // Of one that was given up.
                Wake::Built(..) => {}
                // To drop the build ends it.
                Wake::Changed => {
                    self.settle();
                    if self.looked.read()? != *sources {
                        return Ok(Step::Overtaken);
                    }
                }
                Wake::ServerEnded(process) => self.served(process)?,
                Wake::Ends => return Ok(Step::Ends),
            }
        }
    }

    /// Has the server that runs take a module, if one runs.
    fn take(
        &mut self,
        package: &str,
        beside: Beside,
        sources: Sources,
        begun: Instant,
    ) -> Result<(), Failure> {
        let digest = beside.digest();
        let build = beside.module.build();
        let (module, version) = (build.module.clone(), build.version.clone());
        let known = self.known.get(package);
        let was_known = known.is_some_and(|it| it.digest == digest);
        let changed = known.map(|it| changed(&it.sources, &sources));
        let plan = match beside.plan(&self.admin) {
            Ok(plan) => plan,
            Err(unanswered) => {
                let reason = unanswered.failure(&self.project.socket).to_string();
                return self.tell(&Told::Unusable { reason });
            }
        };
        let plan = plan.unwrap_or_default();
        if plan["verdict"] == "refuse" {
            let text = plan["text"].as_str().unwrap_or_default().to_owned();
            let new = beside.module.manifest();
            let text = with_proposed(text, &beside.destination, new);
            return self.tell(&Told::Refused { module, text });
        }
        let file = beside.place()?;
        self.known.insert(
            package.to_owned(),
            Known {
                digest: digest.clone(),
                sources,
            },
        );
        let Some(tag) = plan["tag"].as_str() else {
            return match was_known {
                true => self.tell(&Told::Unchanged { module, version }),
                false => self.tell(&Told::Placed {
                    module,
                    version,
                    file,
                    socket: self.project.socket.clone(),
                }),
            };
        };
        if plan["unchanged"] == true {
            return self.tell(&Told::Unchanged { module, version });
        }
        match self.offer(&module, &file, &digest, tag.to_owned()) {
            Ok(None) => self.tell(&Told::Live {
                module,
                version,
                took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                changed,
                state: told::state(&plan),
            }),
            Ok(Some(text)) => self.tell(&Told::Refused { module, text }),
            Err(unanswered) => {
                let reason = unanswered.failure(&self.project.socket).to_string();
                self.tell(&Told::Unusable { reason })
            }
        }
    }

    /// Has the server update a module, be it by this or by its own watch. `Some` with why, if it refuses.
    fn offer(
        &self,
        module: &str,
        file: &str,
        digest: &str,
        mut tag: String,
    ) -> Result<Option<String>, Unanswered> {
        let body = json!({ "file": file, "reason": "saved, by `cargo hotmod watch`" });
        for _ in 0..OFFERS {
            let answer = self.admin.change(module, "update", &body, &tag)?;
            match answer.status {
                status if status.is_success() => return Ok(None),
                StatusCode::CONFLICT => {}
                StatusCode::UNPROCESSABLE_ENTITY => return Ok(Some(answer.text())),
                _ => return Err(Unanswered::Broken(answer.text())),
            }
            match self.admin.current(module)? {
                Some(current) if current.digest == digest => return Ok(None),
                Some(current) => tag = current.tag,
                None => break,
            }
        }
        Err(Unanswered::Broken(format!(
            "others update module `{module}` all the while"
        )))
    }
}
