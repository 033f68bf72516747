//! The way of a file into use: inspect → verify → compare → stage → load → publish. A failure on the way
//! leaves the running version untouched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotmod::describe::{Description, Rule, Verdict};
use hotmod::plan::{Plan, Way};
use hotmod_file::{
    Compared, HostSide, Inspected, Reason, Refusal, RefusalStage, Replaced, inspect_found, verify,
};

use crate::call::expectation::Expectation;
use crate::call::generation::Generation;
use crate::call::lifecycle;
use crate::call::slot;
use crate::events::{Progress, UpdateState};
use crate::forever::forever;
use crate::image::image::Image;
use crate::image::import::Imports;
use crate::image::load;
use crate::image::memory::Memory;
use crate::migrate;
use crate::module::left_behind;
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::options::{OnDeadline, RehearsalOptions, UpdateOptions};
use crate::module::report::{RehearsalReport, UpdateOutcome, UpdateReport};
use crate::module::retire;
use crate::module::settings::Settings;
use crate::turn::Turn;
use crate::update::follow::Deadline;
use crate::update::probation::{self, Probation};
use crate::update::publish::{Change, Publication, publish, route};
use crate::update::rehearsal::{self, Loadable};
use crate::update::rollback;

impl<I: ?Sized> Module<I> {
    /// Replaces the running version by the one in this file.
    ///
    /// Callers are never stopped: those inside the old version finish there, and new calls enter
    /// the new one. The state of instances follows at their next exclusive call, handed over as it
    /// is or migrated by the plan in [`UpdateReport::differences`]. A file that runs already is
    /// recognised; one that ran before is not loaded a second time.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with everything that stands in the way. The running version is untouched.
    pub fn update(&self, file: impl AsRef<Path>) -> Result<UpdateReport, Refusal> {
        self.update_with(file, &UpdateOptions::new())
    }

    /// As [`update`](Module::update), in the way that the options say.
    ///
    /// # Errors
    ///
    /// As `update`.
    pub fn update_with(
        &self,
        file: impl AsRef<Path>,
        options: &UpdateOptions,
    ) -> Result<UpdateReport, Refusal> {
        update(self.loaded(), file.as_ref(), options)
    }

    /// Rehearses the update to this file, in a copy of the process, and does not update.
    ///
    /// # Errors
    ///
    /// [`Refusal`] as for the update, or because of what went wrong in the copy.
    pub fn rehearse(
        &self,
        file: impl AsRef<Path>,
        rehearsal: &RehearsalOptions,
    ) -> Result<RehearsalReport, Refusal> {
        rehearse(self.loaded(), file.as_ref(), rehearsal)
    }
}

/// Rehearses the update to this file, and does not update.
pub(crate) fn rehearse(
    loaded: &Arc<Loaded>,
    file: &Path,
    rehearsal: &RehearsalOptions,
) -> Result<RehearsalReport, Refusal> {
    let _turn = loaded.turn(file)?;
    let running = loaded.current();
    let keeps = |refusal: Refusal| refusal.keeps(&running.version);
    loaded.refuse_during_trial(file).map_err(keeps)?;
    let candidate = look_into(&loaded.settings, file).map_err(keeps)?;
    let mut report = UpdateReport::of(&loaded.name, running, &candidate);
    let plan = plan(loaded, running, &candidate, &mut report, &mut |_| {}).map_err(keeps)?;
    let candidate = find_or_stage(loaded, candidate).map_err(keeps)?;
    let rehearsed = rehearsal::rehearse(loaded, running, candidate, &plan, rehearsal);
    rehearsed.map(|(_, rehearsed)| rehearsed).map_err(keeps)
}

/// Reads the file that a path leads to now, once.
pub(crate) fn look_into(settings: &Settings, file: &Path) -> Result<Inspected, Refusal> {
    inspect_found(settings.find(file)?)
}

/// Loads the first version of a module. `expectation` is what the host will call of it.
pub(crate) fn first(
    settings: &Arc<Settings>,
    file: &Path,
    expectation: Option<Expectation>,
    is_loaded: impl FnOnce(&str) -> Option<String>,
) -> Result<Loaded, Refusal> {
    let candidate = look_into(settings, file)?;
    verify(&candidate, &settings.policy, None, load::is_loaded)?;
    let name = candidate.build().module.clone();
    if let Some(running) = is_loaded(&name) {
        let refusal = candidate.refuse_because(
            RefusalStage::Verify,
            Rule::AlreadyLoaded,
            Reason {
                what: "module",
                expected: "one that is not loaded yet",
                found: &format!("`{name}`, of which {running} runs"),
                help: "use `Module::update`, or `Host::module` for another handle",
            },
        );
        return Err(refusal.keeps(&running));
    }
    let expectations = settings.declared.with(&name, expectation);
    compare(&candidate, None, &expectations, &settings.loader.imports)?;
    let (image, memory) = match settings.unready.take(candidate.digest()) {
        Some((image, memory)) => {
            image.revive();
            (image, memory)
        }
        None => {
            let staged = settings.loader.stage(&candidate)?;
            let memory = forever(Memory::default());
            (
                settings.loader.load_once(
                    &candidate,
                    staged,
                    (memory, memory.services(slot::mark)),
                )?,
                memory,
            )
        }
    };
    let set_up = lifecycle::set_up(image, &candidate, || Generation::with_nothing(image));
    if let Err(refusal) = set_up {
        // The image is not needed until the same file is tried again. If its pages stay, the budget counts it
        // as before.
        let _ = image.retire(&settings.loader.staging);
        settings.unready.keep(image, memory);
        return Err(refusal);
    }
    let first = Generation::link(image, &expectations, migrate::converter)
        .ok_or_else(|| image.unlinked())?;
    Ok(Loaded::new(
        name,
        settings.clone(),
        memory,
        first,
        expectations,
    ))
}

/// An update that is ready to be published. No caller sees anything of it yet.
pub(crate) struct Ready<'a> {
    pub(crate) loaded: &'a Arc<Loaded>,
    /// No other thread updates the module as long as this is held.
    pub(crate) turn: Turn<'a>,
    pub(crate) progress: Progress,
    pub(crate) report: UpdateReport,
    pub(crate) change: Option<Change>,
}

/// Replaces the running version of a module by the one in this file.
pub(crate) fn update(
    loaded: &Arc<Loaded>,
    file: &Path,
    options: &UpdateOptions,
) -> Result<UpdateReport, Refusal> {
    update_in_turn(loaded, loaded.turn(file)?, file, options)
}

/// The same, in the module's turn, which the caller has already.
pub(crate) fn update_in_turn<'a>(
    loaded: &'a Arc<Loaded>,
    turn: Turn<'a>,
    file: &Path,
    options: &UpdateOptions,
) -> Result<UpdateReport, Refusal> {
    refuse_what_could_not_end(loaded, file, options)?;
    Ok(prepare(loaded, turn, file, options.rehearsal.as_ref())?.publish(options))
}

/// A deadline passes and a probation ends on the host's thread for later.
fn refuse_what_could_not_end(
    loaded: &Loaded,
    file: &Path,
    options: &UpdateOptions,
) -> Result<(), Refusal> {
    match options.deadline.is_some() || options.probation.is_some() {
        true => loaded.refuse_without(&loaded.settings.later, file),
        false => Ok(()),
    }
}

/// Replaces the running versions of several modules by those in these files, or none of them.
pub(crate) fn update_all(
    updates: &[(Arc<Loaded>, PathBuf)],
    options: &UpdateOptions,
) -> Result<Vec<UpdateReport>, Refusal> {
    let mut order: Vec<&(Arc<Loaded>, PathBuf)> = updates.iter().collect();
    // All transactions take turns in this order, so that no two wait for each other.
    order.sort_by_key(|(loaded, _)| Arc::as_ptr(loaded));
    for pair in order.windows(2) {
        if Arc::ptr_eq(&pair[0].0, &pair[1].0) {
            let (loaded, file) = pair[1];
            let refusal = Refusal::because(
                file,
                RefusalStage::Verify,
                Rule::NamedTwice,
                Reason {
                    what: &format!("module `{}`", loaded.name),
                    expected: "named once in a transaction",
                    found: "named twice",
                    help: "name it with the file that it is to run in the end",
                },
            );
            return Err(refusal.keeps(&loaded.current().version));
        }
    }
    for (loaded, file) in &order {
        refuse_what_could_not_end(loaded, file, options)?;
    }
    let turns = order.iter().map(|(loaded, file)| loaded.turn(file));
    let turns: Vec<Turn<'_>> = turns.collect::<Result<_, _>>()?;
    let mut ready = Vec::new();
    for ((loaded, file), turn) in order.iter().zip(turns) {
        match prepare(loaded, turn, file, options.rehearsal.as_ref()) {
            Ok(prepared) => ready.push((loaded, prepared)),
            Err(refusal) => {
                ready.iter().for_each(|(_, ready)| ready.give_up(&refusal));
                return Err(refusal);
            }
        }
    }
    let published: BTreeMap<*const Loaded, UpdateReport> = ready
        .into_iter()
        .map(|(loaded, ready)| (Arc::as_ptr(loaded), ready.publish(options)))
        .collect();
    let in_order = updates
        .iter()
        .map(|(loaded, _)| published[&Arc::as_ptr(loaded)].clone());
    Ok(in_order.collect())
}

/// Everything up to publishing.
pub(crate) fn prepare<'a>(
    loaded: &'a Arc<Loaded>,
    turn: Turn<'a>,
    file: &Path,
    rehearsal: Option<&RehearsalOptions>,
) -> Result<Ready<'a>, Refusal> {
    let running = loaded.current();
    let mut progress = Progress::new(&loaded.settings.events, &loaded.name, &running.version);
    let rehearsal = rehearsal.or(loaded.settings.rehearsal.as_ref());
    match change(loaded, running, file, rehearsal, &mut progress) {
        Ok((report, change)) => {
            // The look comes once the turn is over: if the update is not published, its image is not needed.
            retire::soon(loaded);
            Ok(Ready {
                loaded,
                turn,
                progress,
                report,
                change,
            })
        }
        Err(refusal) => {
            // The candidate may have been loaded already.
            retire::soon(loaded);
            let refusal = refusal.keeps(&running.version);
            progress.reaches_because(UpdateState::Refused, &refusal);
            Err(refusal)
        }
    }
}

/// Finds out what an update would change, and makes all that it needs.
fn change(
    loaded: &Loaded,
    running: &'static Image,
    file: &Path,
    rehearsal: Option<&RehearsalOptions>,
    progress: &mut Progress,
) -> Result<(UpdateReport, Option<Change>), Refusal> {
    let calls = left_behind::calls();
    loaded.refuse_during_trial(file)?;
    progress.reaches(UpdateState::Inspecting);
    let candidate = look_into(&loaded.settings, file)?;
    progress.of(&candidate);
    let mut report = UpdateReport::of(&loaded.name, running, &candidate);
    if candidate.digest() == running.digest {
        return Ok((report, None));
    }
    let plan = plan(loaded, running, &candidate, &mut report, &mut |state| {
        progress.reaches(state);
    })?;
    if loaded.history().image(candidate.digest()).is_none() {
        progress.reaches(UpdateState::Staging);
    }
    let mut candidate = find_or_stage(loaded, candidate)?;
    if let Some(rehearsal) = rehearsal {
        progress.reaches(UpdateState::Rehearsing);
        let rehearsed = rehearsal::rehearse(loaded, running, candidate, &plan, rehearsal)?;
        report.rehearsed = Some(rehearsed.1);
        candidate = rehearsed.0;
    }
    let image = code(loaded, candidate, &mut |state| progress.reaches(state))?;
    progress.reaches(UpdateState::Preparing);
    let route = route(loaded, Way::On, &plan, (running, image))?;
    let linked = loaded.history().generation(image);
    linked.ok_or_else(|| image.unlinked())?;
    let change = Change {
        running,
        image,
        route,
        calls,
    };
    Ok((report, Some(change)))
}

/// Checks a candidate against the policy and against what runs, and finds out what becomes of states.
pub(crate) fn plan(
    loaded: &Loaded,
    running: &Image,
    candidate: &Inspected,
    report: &mut UpdateReport,
    reaches: &mut dyn FnMut(UpdateState),
) -> Result<Plan, Refusal> {
    reaches(UpdateState::Verifying);
    let replaced = Replaced {
        module: &loaded.name,
        version: &running.version,
    };
    verify(
        candidate,
        &loaded.settings.policy,
        Some(replaced),
        load::is_loaded,
    )?;
    reaches(UpdateState::Planning);
    let expectations = loaded.history().expectations.clone();
    let was = running.manifest();
    let plan = Plan::new(&was, candidate.manifest());
    let replaced = Some((&*was, &plan));
    let compared = compare(
        candidate,
        replaced,
        &expectations,
        &loaded.settings.loader.imports,
    )?;
    report.differences = compared.differences;
    report.call_costs = compared.call_costs;
    report.verdict = Verdict::of(&report.differences);
    // A version that was loaded before still has its statics as it left them.
    if loaded.history().image(candidate.digest()).is_none() {
        let anew = candidate.starts_anew(running.statics.names());
        report.differences.extend(anew);
    }
    Ok(plan)
}

/// The code of a candidate, if it was loaded before, or else a copy that can be loaded.
pub(crate) fn find_or_stage(loaded: &Loaded, candidate: Inspected) -> Result<Loadable, Refusal> {
    let known = loaded.history().image(candidate.digest());
    match known {
        Some(image) => Ok(Loadable::Known(candidate, image)),
        None => {
            let staged = loaded.settings.loader.stage(&candidate)?;
            Ok(Loadable::Staged(candidate, staged))
        }
    }
}

/// The code of a candidate. It is loaded if it was not loaded before, and set up.
pub(crate) fn code(
    loaded: &Loaded,
    candidate: Loadable,
    reaches: &mut dyn FnMut(UpdateState),
) -> Result<&'static Image, Refusal> {
    let (inspected, image) = match candidate {
        Loadable::Known(inspected, image) => (inspected, image),
        Loadable::Staged(inspected, staged) => {
            reaches(UpdateState::Linking);
            let image = loaded.settings.loader.load_once(
                &inspected,
                staged,
                (loaded.memory, loaded.memory.services(slot::mark)),
            )?;
            loaded.history().images.push(image);
            (inspected, image)
        }
    };
    lifecycle::set_up(image, &inspected, || {
        loaded.history().linked_with_nothing(image)
    })?;
    Ok(image)
}

impl Ready<'_> {
    /// Lets new calls enter the new version.
    fn publish(self, options: &UpdateOptions) -> UpdateReport {
        let Ready {
            loaded,
            turn,
            progress,
            mut report,
            change,
        } = self;
        match change {
            Some(change) => {
                let number = publish(Publication {
                    loaded,
                    change: &change,
                    progress: &progress,
                    promotes: None,
                    undoes: None,
                    deadline: options.deadline.map(|(time, on_deadline)| Deadline {
                        time,
                        roll_back: match on_deadline {
                            OnDeadline::Converge => None,
                            OnDeadline::RollBack => Some(rollback::because),
                        },
                    }),
                });
                report.outcome = UpdateOutcome::Published;
                if let Some((time, limits)) = &options.probation {
                    let probation = Probation {
                        publication: number,
                        image: change.image,
                        time: *time,
                        limits: limits.clone(),
                        drain_timeout: options.deadline.map(|(time, _)| time),
                    };
                    probation::begin(loaded, probation);
                }
            }
            None => progress.reaches(UpdateState::Unchanged),
        }
        drop(turn);
        report
    }

    /// Ends the update, because another module of the transaction is refused.
    fn give_up(&self, refusal: &Refusal) {
        let reason = format!("another module of the transaction is refused:\n{refusal}");
        self.progress.reaches_because(UpdateState::Refused, &reason);
    }
}

/// Compares a candidate with what runs, and with what the host was compiled to call and to provide. Returns
/// the differences that do not stand in the way.
fn compare(
    candidate: &Inspected,
    running: Option<(&Description, &Plan)>,
    expectations: &[Arc<Expectation>],
    imports: &Imports,
) -> Result<Compared, Refusal> {
    let provided = imports.provided();
    let side = HostSide {
        calls: expectations.iter().map(|it| &it.expected).collect(),
        provides: provided.map(|(name, it)| (name, &**it)).collect(),
    };
    let compared = side.compare(candidate.manifest(), running);
    if (compared.differences)
        .iter()
        .any(|difference| difference.rule.refuses())
    {
        return Err(candidate.refuse(RefusalStage::Compare, compared.differences));
    }
    Ok(compared)
}
