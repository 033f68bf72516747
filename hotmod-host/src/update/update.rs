//! The way of a file into use: inspect → verify → compare → stage → load → publish. Whatever fails
//! on the way leaves what runs untouched.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hotmod::describe::{Description, Difference, Rule, Verdict, crossing, diff};
use hotmod::plan::Plan;
use hotmod::printed::lines;

use super::follow;
use crate::call::generation::{Generation, Port};
use crate::call::watch::CallLimits;
use crate::events::{Progress, UpdateState};
use crate::forever::forever;
use crate::host::Settings;
use crate::image::budget::Charge;
use crate::image::image::Image;
use crate::image::import::Imports;
use crate::image::load::{self, Unloaded};
use crate::image::mapping;
use crate::image::memory::Memory;
use crate::image::stage::Staged;
use crate::migrate::{Route, Unfit, Way};
use crate::module::loaded::Core;
use crate::module::retire;
use crate::trial::trial;
use crate::turn::Turn;
use crate::update::drain::{self, OnDeadline};
use crate::update::rehearsal::{self, Candidate, RehearsalOptions, RehearsalReport};
use hotmod_file::shown;
use hotmod_file::{Inspected, inspect_found};
use hotmod_file::{Refusal, RefusalStage, list};
use hotmod_file::{Replaced, verify};

pub(crate) use super::publish::{Change, Publication, publish};
pub(crate) use crate::trial::shadowing::{Shadowing, begin as shadow};
pub(crate) use crate::trial::trial::{OnTrial, Trial, begin as try_out};

/// What came of an update that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpdateReport {
    /// Whether anything changed.
    pub outcome: UpdateOutcome,
    /// The module.
    pub module: String,
    /// The version that ran.
    pub from: String,
    /// The version that runs.
    pub to: String,
    /// The file, as it was given, under the module directory if that was left out.
    pub file: PathBuf,
    /// Where the file really was when it was read, if there are links in its path.
    pub resolved: Option<PathBuf>,
    /// What becomes of live state.
    pub verdict: Verdict,
    /// What differs between the two, with the rule that allows it: for state, the plan by which it
    /// is migrated.
    pub differences: Vec<Difference>,
    /// What its rehearsal found, if there was one.
    pub rehearsed: Option<RehearsalReport>,
}

impl UpdateReport {
    fn of(core: &Core, running: &Image, candidate: &Inspected) -> Self {
        UpdateReport {
            outcome: UpdateOutcome::Unchanged,
            module: core.name.clone(),
            from: running.version.clone(),
            to: candidate.build().version.clone(),
            file: candidate.file().to_owned(),
            resolved: candidate.names().elsewhere().map(Path::to_owned),
            verdict: Verdict::Adopt,
            differences: Vec::new(),
            rehearsed: None,
        }
    }
}

/// What an operator wants to know of it, as a log has it: the versions, what becomes of state, and
/// below that what differs, and what the rehearsal found.
impl fmt::Display for UpdateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let UpdateReport {
                module, from, to, ..
            } = self;
            match (self.outcome, self.verdict) {
                (UpdateOutcome::Unchanged, _) => {
                    write!(
                        f,
                        "module `{module}` {from} is unchanged: it runs this file"
                    )?;
                    return match &self.resolved {
                        Some(resolved) => write!(f, ", {}", shown(&self.file, resolved)),
                        None => Ok(()),
                    };
                }
                (UpdateOutcome::Published, Verdict::Migrate) => {
                    write!(
                        f,
                        "module `{module}` {from} → {to} is published; state is migrated"
                    )?;
                }
                (UpdateOutcome::Published, _) => write!(
                    f,
                    "module `{module}` {from} → {to} is published; state is handed over as it is"
                )?,
            }
            if let Some(resolved) = &self.resolved {
                write!(f, "\n  file: {}", shown(&self.file, resolved))?;
            }
            let of_state = |it: &&Difference| it.rule.verdict() == Verdict::Migrate;
            list(f, self.differences.iter().filter(of_state))?;
            list(f, self.differences.iter().filter(|it| !of_state(it)))?;
            match &self.rehearsed {
                Some(rehearsed) => write!(f, "\n  rehearsed: {rehearsed}"),
                None => Ok(()),
            }
        })
    }
}

/// Whether an update changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateOutcome {
    /// New calls enter the version from the file.
    Published,
    /// The file is the very one that runs.
    Unchanged,
}

/// How an update is done.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use hotmod_host::{CallLimits, OnDeadline, UpdateOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let host = hotmod_host::Host::builder().build()?;
/// let game = host.load_untyped("libgame.so")?;
/// let options = UpdateOptions::new()
///     .drain_within(Duration::from_secs(5), OnDeadline::Converge)
///     .probation(Duration::from_secs(60), CallLimits::new().panics(0.0));
/// game.update_with("libgame.so", &options)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateOptions {
    deadline: Option<(Duration, OnDeadline)>,
    probation: Option<(Duration, CallLimits)>,
    rehearsal: Option<RehearsalOptions>,
}

impl UpdateOptions {
    /// An update that is published and stays.
    #[must_use]
    pub fn new() -> Self {
        UpdateOptions::default()
    }

    /// What to do if calls that began before it was published still run so long after. They are
    /// neither stopped nor held up.
    #[must_use]
    pub fn drain_within(mut self, time: Duration, on_deadline: OnDeadline) -> Self {
        self.deadline = Some((time, on_deadline));
        self
    }

    /// Has the candidate take the live instances to its version in a copy of the process first.
    #[must_use]
    pub fn rehearse(mut self, rehearsal: RehearsalOptions) -> Self {
        self.rehearsal = Some(rehearsal);
        self
    }

    /// For so long, the calls of the new version are counted and timed, and the update is rolled
    /// back if they exceed a limit.
    #[must_use]
    pub fn probation(mut self, time: Duration, limits: CallLimits) -> Self {
        self.probation = Some((time, limits));
        self
    }
}

/// Rehearses the update to this file, and does not update.
pub(crate) fn rehearse(
    core: &Arc<Core>,
    file: &Path,
    rehearsal: &RehearsalOptions,
) -> Result<RehearsalReport, Refusal> {
    let _turn = core.turn();
    let running = core.current();
    let keeps = |refusal: Refusal| refusal.keeps(&running.version);
    trial::refuse_during(core, file).map_err(keeps)?;
    let candidate = look_into(&core.settings, file).map_err(keeps)?;
    let mut report = UpdateReport::of(core, running, &candidate);
    let plan = plan(core, running, &candidate, &mut report, &mut |_| {}).map_err(keeps)?;
    let candidate = find_or_stage(core, candidate).map_err(keeps)?;
    let rehearsed = rehearsal::rehearse(core, running, candidate, &plan, rehearsal);
    rehearsed.map(|(_, rehearsed)| rehearsed).map_err(keeps)
}

/// Reads the file that a path leads to now, once.
fn look_into(settings: &Settings, file: &Path) -> Result<Inspected, Refusal> {
    inspect_found(settings.find(file)?)
}

/// A candidate that an update could publish, and the way of states to it.
pub(crate) struct Prepared {
    pub(crate) running: &'static Image,
    pub(crate) image: &'static Image,
    pub(crate) route: Arc<Route>,
    pub(crate) report: UpdateReport,
}

/// Loads the candidate in this file for others to rehearse with, and does not update.
pub(crate) fn candidate(core: &Arc<Core>, file: &Path) -> Result<Prepared, Refusal> {
    let _turn = core.turn();
    let running = core.current();
    let keeps = |refusal: Refusal| refusal.keeps(&running.version);
    trial::refuse_during(core, file).map_err(keeps)?;
    let candidate = look_into(&core.settings, file).map_err(keeps)?;
    if candidate.digest() == running.digest {
        return Err(keeps(trial::same_file(file, running)));
    }
    let mut report = UpdateReport::of(core, running, &candidate);
    let plan = plan(core, running, &candidate, &mut report, &mut |_| {}).map_err(keeps)?;
    let candidate = find_or_stage(core, candidate).map_err(keeps)?;
    let image = code(core, candidate, &mut |_| {}).map_err(keeps)?;
    // From here on somebody may need it; if not, it is found when somebody looks.
    image.revive();
    let route = route(core, Way::On, &plan, (running, image)).map_err(keeps)?;
    Ok(Prepared {
        running,
        image,
        route,
        report,
    })
}

/// Loads the first version of a module. `port` is what the host will call of it.
pub(crate) fn first(
    settings: &Arc<Settings>,
    file: &Path,
    port: Option<Port>,
    is_loaded: impl FnOnce(&str) -> Option<String>,
) -> Result<Core, Refusal> {
    let candidate = look_into(settings, file)?;
    verify(&candidate, &settings.policy, None, load::is_loaded)?;
    let name = candidate.build().module.clone();
    if let Some(running) = is_loaded(&name) {
        let refusal = candidate.refuse_because(
            RefusalStage::Verify,
            Rule::AlreadyLoaded,
            [
                "module",
                "one that is not loaded yet",
                &format!("`{name}`, of which {running} runs"),
                "use `Module::update`, or `Host::module` for another handle",
            ],
        );
        return Err(refusal.keeps(&running));
    }
    let ports = Vec::from_iter(port.map(Arc::new));
    compare(&candidate, None, &ports, &settings.imports)?;
    let (image, memory) = match settings.unready.take(candidate.digest()) {
        Some((image, memory)) => {
            image.revive();
            (image, memory)
        }
        None => {
            let staged = stage(settings, &candidate)?;
            let memory = forever(Memory::default());
            (load_once(settings, &candidate, staged, memory)?, memory)
        }
    };
    if let Err(refusal) = image.set_up(&candidate) {
        // Nobody needs it until the same file is tried again. If its pages stay, it counts as before.
        let _ = image.retire(&settings.staging);
        settings.unready.keep(image, memory);
        return Err(refusal);
    }
    let first = Generation::link(image, &ports).ok_or_else(|| unlinked(image))?;
    Ok(Core::new(name, settings.clone(), memory, first, ports))
}

/// An update that nothing stands in the way of any more, and nothing of which can be seen yet.
pub(crate) struct Ready<'a> {
    pub(crate) core: &'a Arc<Core>,
    /// Nobody else updates the module as long as this is held.
    pub(crate) turn: Turn<'a>,
    pub(crate) progress: Progress,
    pub(crate) report: UpdateReport,
    pub(crate) change: Option<Change>,
}

/// Replaces the running version of a module by the one in this file.
pub(crate) fn update(
    core: &Arc<Core>,
    file: &Path,
    options: &UpdateOptions,
) -> Result<UpdateReport, Refusal> {
    update_in_turn(core, core.turn(), file, options)
}

/// The same, for whoever has the module's turn already.
pub(crate) fn update_in_turn<'a>(
    core: &'a Arc<Core>,
    turn: Turn<'a>,
    file: &Path,
    options: &UpdateOptions,
) -> Result<UpdateReport, Refusal> {
    Ok(prepare(core, turn, file, options.rehearsal.as_ref())?.publish(options))
}

/// Replaces the running versions of several modules by those in these files, or none of them.
pub(crate) fn update_all(
    updates: &[(Arc<Core>, PathBuf)],
    options: &UpdateOptions,
) -> Result<Vec<UpdateReport>, Refusal> {
    let mut order: Vec<&(Arc<Core>, PathBuf)> = updates.iter().collect();
    // Everybody takes turns in this order, so that two transactions cannot wait for each other.
    order.sort_by_key(|(core, _)| Arc::as_ptr(core));
    for pair in order.windows(2) {
        if Arc::ptr_eq(&pair[0].0, &pair[1].0) {
            let (core, file) = pair[1];
            let refusal = Refusal::because(
                file,
                RefusalStage::Verify,
                Rule::NamedTwice,
                [
                    &format!("module `{}`", core.name),
                    "named once in a transaction",
                    "named twice",
                    "name it with the file that it is to run in the end",
                ],
            );
            return Err(refusal.keeps(&core.current().version));
        }
    }
    let turns = order.iter().map(|(core, _)| core.turn());
    let turns: Vec<Turn<'_>> = turns.collect();
    let mut ready = Vec::new();
    for ((core, file), turn) in order.iter().zip(turns) {
        match prepare(core, turn, file, options.rehearsal.as_ref()) {
            Ok(prepared) => ready.push((core, prepared)),
            Err(refusal) => {
                ready.iter().for_each(|(_, ready)| ready.give_up(&refusal));
                return Err(refusal);
            }
        }
    }
    let published: BTreeMap<*const Core, UpdateReport> = ready
        .into_iter()
        .map(|(core, ready)| (Arc::as_ptr(core), ready.publish(options)))
        .collect();
    let in_order = updates
        .iter()
        .map(|(core, _)| published[&Arc::as_ptr(core)].clone());
    Ok(in_order.collect())
}

/// Everything up to publishing.
pub(crate) fn prepare<'a>(
    core: &'a Arc<Core>,
    turn: Turn<'a>,
    file: &Path,
    rehearsal: Option<&RehearsalOptions>,
) -> Result<Ready<'a>, Refusal> {
    let running = core.current();
    let mut progress = Progress::new(&core.settings.events, &core.name, &running.version);
    let rehearsal = rehearsal.or(core.settings.rehearsal.as_ref());
    match change(core, running, file, rehearsal, &mut progress) {
        Ok((report, change)) => {
            // After this turn: if it is not published after all, nobody needs what was loaded.
            retire::soon(core);
            Ok(Ready {
                core,
                turn,
                progress,
                report,
                change,
            })
        }
        Err(refusal) => {
            // It may have been loaded already.
            retire::soon(core);
            let refusal = refusal.keeps(&running.version);
            progress.reaches_because(UpdateState::Refused, &refusal);
            Err(refusal)
        }
    }
}

/// Finds out what an update would change, and makes all that it takes.
fn change(
    core: &Core,
    running: &'static Image,
    file: &Path,
    rehearsal: Option<&RehearsalOptions>,
    progress: &mut Progress,
) -> Result<(UpdateReport, Option<Change>), Refusal> {
    let calls = drain::calls();
    trial::refuse_during(core, file)?;
    progress.reaches(UpdateState::Inspecting);
    let candidate = look_into(&core.settings, file)?;
    progress.of(&candidate);
    let mut report = UpdateReport::of(core, running, &candidate);
    if candidate.digest() == running.digest {
        return Ok((report, None));
    }
    let plan = plan(core, running, &candidate, &mut report, &mut |state| {
        progress.reaches(state);
    })?;
    if core.history().image(candidate.digest()).is_none() {
        progress.reaches(UpdateState::Staging);
    }
    let mut candidate = find_or_stage(core, candidate)?;
    if let Some(rehearsal) = rehearsal {
        progress.reaches(UpdateState::Rehearsing);
        let rehearsed = rehearsal::rehearse(core, running, candidate, &plan, rehearsal)?;
        report.rehearsed = Some(rehearsed.1);
        candidate = rehearsed.0;
    }
    let image = code(core, candidate, &mut |state| progress.reaches(state))?;
    progress.reaches(UpdateState::Preparing);
    let route = route(core, Way::On, &plan, (running, image))?;
    let linked = core.history().generation(image);
    linked.ok_or_else(|| unlinked(image))?;
    let change = Change {
        running,
        image,
        route,
        calls,
    };
    Ok((report, Some(change)))
}

/// Holds a candidate against the policy and against what runs, and finds out what becomes of state.
fn plan(
    core: &Core,
    running: &Image,
    candidate: &Inspected,
    report: &mut UpdateReport,
    reaches: &mut dyn FnMut(UpdateState),
) -> Result<Plan, Refusal> {
    reaches(UpdateState::Verifying);
    let replaced = Replaced {
        module: &core.name,
        version: &running.version,
    };
    verify(
        candidate,
        &core.settings.policy,
        Some(replaced),
        load::is_loaded,
    )?;
    reaches(UpdateState::Planning);
    let ports = core.history().ports.clone();
    let was = running.manifest();
    let plan = Plan::new(&was, candidate.manifest());
    let replaced = Some((&*was, &plan));
    report.differences = compare(candidate, replaced, &ports, &core.settings.imports)?;
    report.verdict = Verdict::of(&report.differences);
    Ok(plan)
}

/// The code of a candidate, if it was loaded before, or else a copy that can be loaded.
fn find_or_stage(core: &Core, candidate: Inspected) -> Result<Candidate, Refusal> {
    let known = core.history().image(candidate.digest());
    match known {
        Some(image) => Ok(Candidate::Known(candidate, image)),
        None => {
            let staged = stage(&core.settings, &candidate)?;
            Ok(Candidate::Staged(candidate, staged))
        }
    }
}

/// The code of a candidate, which is loaded if it was not before, and set up.
fn code(
    core: &Core,
    candidate: Candidate,
    reaches: &mut dyn FnMut(UpdateState),
) -> Result<&'static Image, Refusal> {
    let (inspected, image) = match candidate {
        Candidate::Known(inspected, image) => (inspected, image),
        Candidate::Staged(inspected, staged) => {
            reaches(UpdateState::Linking);
            let image = load_once(&core.settings, &inspected, staged, core.memory)?;
            core.history().images.push(image);
            (inspected, image)
        }
    };
    image.set_up(&inspected)?;
    Ok(image)
}

/// How states go from one image to another: as before, if they went there before.
pub(crate) fn route(
    core: &Core,
    way: Way,
    plan: &Plan,
    (from, to): (&'static Image, &'static Image),
) -> Result<Arc<Route>, Refusal> {
    if let Some(known) = core.history().route(way, from, to) {
        return Ok(known);
    }
    let route = Route::new(
        way,
        plan,
        (from, to),
        core.memory,
        core.settings.migration_threads,
    );
    route.map(Arc::new).map_err(|Unfit| unlinked(to))
}

impl Ready<'_> {
    /// Lets new calls enter the new version.
    fn publish(self, options: &UpdateOptions) -> UpdateReport {
        let Ready {
            core,
            turn,
            progress,
            mut report,
            change,
        } = self;
        match change {
            Some(change) => {
                let number = publish(Publication {
                    core,
                    change: &change,
                    progress: &progress,
                    promotes: None,
                    undoes: None,
                    deadline: options.deadline,
                });
                report.outcome = UpdateOutcome::Published;
                if let Some((time, limits)) = &options.probation {
                    let published = (number, change.image);
                    let drain_within = options.deadline.map(|(time, _)| time);
                    let terms = (*time, limits.clone(), drain_within);
                    follow::probation(core, published, terms);
                }
            }
            None => progress.reaches(UpdateState::Unchanged),
        }
        drop(turn);
        report
    }

    /// Goes no further, because another module of the transaction is refused.
    fn give_up(&self, refusal: &Refusal) {
        let reason = format!("another module of the transaction is refused:\n{refusal}");
        self.progress.reaches_because(UpdateState::Refused, &reason);
    }
}

/// Holds a candidate against what runs and against what the host was compiled with: what it calls
/// and what it provides. Returns what differs without standing in the way.
fn compare(
    candidate: &Inspected,
    running: Option<(&Description, &Plan)>,
    ports: &[Arc<Port>],
    imports: &Imports,
) -> Result<Vec<Difference>, Refusal> {
    let manifest = candidate.manifest();
    let mut differences = crossing::impossible(manifest);
    if let Some((running, plan)) = running {
        differences.extend(diff::exports(running, manifest));
        differences.extend(plan.differences.iter().cloned());
    }
    let called = ports.iter().flat_map(|port| port.compare(manifest));
    for difference in called.chain(imports.compare(manifest)) {
        // The host was compiled with what runs: mostly it differs in the same places.
        let told = differences.iter().any(|known| {
            let outweighs = known.rule.refuses() || !difference.rule.refuses();
            known.path == difference.path && outweighs
        });
        if !told {
            differences.push(difference);
        }
    }
    if differences
        .iter()
        .any(|difference| difference.rule.refuses())
    {
        return Err(candidate.refuse(RefusalStage::Compare, differences));
    }
    Ok(differences)
}

/// A copy that nobody can change, and room for it among all that is loaded.
fn stage(settings: &Settings, candidate: &Inspected) -> Result<(Staged, Charge), Refusal> {
    settings.spent.refuse(candidate)?;
    let charge = settings
        .budget
        .charge(mapping::size(candidate.parts()))
        .map_err(|reasons| candidate.refuse(RefusalStage::Stage, reasons))?;
    let staged = settings
        .staging
        .copy(&candidate.build().module, candidate.bytes())
        .map_err(|unstaged| unstaged.into_refusal(candidate))?;
    Ok((staged, charge))
}

/// Loads a copy, and remembers what is refused when it is mapped already.
fn load_once(
    settings: &Settings,
    candidate: &Inspected,
    staged: (Staged, Charge),
    memory: &'static Memory,
) -> Result<&'static Image, Refusal> {
    let digest = candidate.digest();
    load(settings, candidate, staged, memory)
        .map_err(|unloaded| settings.spent.remember(digest, unloaded))
}

/// Loads a copy. Takes no lock but those that a rehearsal holds over the fork.
pub(crate) fn load(
    settings: &Settings,
    candidate: &Inspected,
    staged: (Staged, Charge),
    memory: &'static Memory,
) -> Result<&'static Image, Unloaded> {
    let Settings {
        staging, imports, ..
    } = settings;
    load::load(candidate, staged, staging, (memory.services(), imports))
}

pub(crate) fn unlinked(image: &Image) -> Refusal {
    Refusal::because(
        &image.file,
        RefusalStage::Load,
        Rule::OtherImage,
        [
            "the exports",
            "those that were compared",
            "fewer",
            "this is a bug in hotmod; please report it",
        ],
    )
    .of(&image.module, &image.version)
}
