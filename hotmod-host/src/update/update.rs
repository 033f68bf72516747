//! The way of a file into use: inspect → verify → compare → stage → load → publish. A failure on the way
//! leaves the running version untouched.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotmod::describe::{Description, Difference, Rule, Verdict};
use hotmod_file::plan::{Plan, Way};
use hotmod_file::{
    Compared, HostSide, Inspected, Refusal, RefusalStage, Replaced, inspect_found, verify,
};

use crate::call::expectation::Expectation;
use crate::call::lifecycle;
use crate::call::reading::MadeAside;
use crate::call::slot;
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::image::load;
use crate::journal::journal::FilesRead;
use crate::journal::operation::Operation;
use crate::journal::recovery::{Interrupted, OperationKind};
use crate::module::left_behind;
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::options::{OnDeadline, RehearsalOptions, RollbackOptions, UpdateOptions};
use crate::module::report::{
    RehearsalReport, UpdateOutcome, UpdateReport, preparations, state_costs,
};
use crate::module::retire;
use crate::module::settings::Settings;
use crate::turn::Turn;
use crate::update::follow::{Deadline, Overdue};
use crate::update::pauses;
use crate::update::probation::{self, Probation};
use crate::update::publish::{Change, Publication, Published, make_current, route};
use crate::update::recorded;
use crate::update::rehearsal::{self, Loadable};
use crate::update::rollback;
use crate::update::settle::{Goal, settle_and_tell};
use crate::update::transaction;
use crate::uses::register::Together;

impl<I: ?Sized> Module<I> {
    /// Replaces the running version by the one in this file.
    ///
    /// No call waits for the update: those inside the old version finish there, and new calls enter the new one. The
    /// state of instances follows at their next exclusive call, handed over as it is, in microseconds, or migrated by
    /// the plan in [`UpdateReport::differences`], for which that call waits. Who pays for a migration is a choice: see
    /// [`UpdateOptions::settle`]. A file that runs already is recognised; one that ran before is not loaded a second
    /// time.
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
    loaded.refuse_if_linked(file)?;
    loaded.refuse_during_trial(file).map_err(keeps)?;
    let operation = begin(loaded, OperationKind::Rehearsal, file);
    let candidate = look_into(&loaded.settings, file).map_err(keeps)?;
    operation.iter().for_each(|it| it.of(&candidate));
    let mut report = UpdateReport::of(&loaded.name, running, &candidate);
    let with = (&candidate, &Together::new());
    let plan = plan(loaded, running, with, &mut report, &mut |_| {}).map_err(keeps)?;
    let candidate = find_or_stage(loaded, candidate).map_err(keeps)?;
    let rehearsed = rehearsal::rehearse(loaded, running, candidate, &plan, rehearsal);
    rehearsed.map(|(_, rehearsed)| rehearsed).map_err(keeps)
}

/// Records something that goes on until this is dropped, where something is recorded.
pub(crate) fn begin(loaded: &Loaded, kind: OperationKind, file: &Path) -> Option<Operation> {
    let journal = loaded.settings.journal.as_ref()?;
    Some(journal.begin(Interrupted {
        module: Some(loaded.name.clone()),
        from: Some(loaded.current().version.clone()),
        file: Some(file.to_owned()),
        ..Interrupted::now(kind)
    }))
}

/// Reads the file that a path leads to now, once.
pub(crate) fn look_into(settings: &Settings, file: &Path) -> Result<Inspected, Refusal> {
    inspect_found(settings.find(file)?)
}

/// An update that is ready to be published. No caller sees anything of it yet.
pub(crate) struct Ready<'a> {
    pub(crate) loaded: &'a Arc<Loaded>,
    /// No other thread updates the module as long as this is held.
    pub(crate) turn: Turn<'a>,
    pub(crate) progress: Progress,
    pub(crate) report: UpdateReport,
    pub(crate) change: Option<Change>,
    /// How often a version of any module had become current when this one was compared with them.
    pub(crate) publications: u64,
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
    let together = Together::new();
    let kind = OperationKind::Update;
    let ready = prepare(loaded, turn, (kind, file), options, (None, &together))?;
    Ok(settled(publish_all(vec![ready], options)?, options).remove(0))
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
    let help = "name it with the file that it is to run in the end";
    let order = transaction::in_order(updates, |(loaded, _)| loaded)
        .map_err(|(loaded, file)| transaction::named_twice(loaded, file, help))?;
    for (loaded, file) in &order {
        refuse_what_could_not_end(loaded, file, options)?;
    }
    let turns = order.iter().map(|(loaded, file)| loaded.turn(file));
    let turns: Vec<Turn<'_>> = turns.collect::<Result<_, _>>()?;
    // A file that cannot be looked into is refused in its turn.
    let looked_into = order
        .iter()
        .map(|(loaded, file)| look_into(&loaded.settings, file).ok());
    let looked_into: Vec<Option<Inspected>> = looked_into.collect();
    let candidates = order.iter().zip(&looked_into);
    let together: Together = candidates
        .filter_map(|((loaded, _), candidate)| {
            let manifest = candidate.as_ref()?.shared_manifest();
            Some((loaded.name.clone(), manifest))
        })
        .collect();
    let mut ready = Vec::new();
    for (((loaded, file), turn), candidate) in order.iter().zip(turns).zip(looked_into) {
        let what = (OperationKind::Update, file.as_path());
        match prepare(loaded, turn, what, options, (candidate, &together)) {
            Ok(prepared) => ready.push(prepared),
            Err(refusal) => {
                ready.iter().for_each(|ready| ready.give_up(&refusal));
                return Err(refusal);
            }
        }
    }
    let reports = settled(publish_all(ready, options)?, options);
    let reports = order.iter().map(|(loaded, _)| loaded).zip(reports);
    let named = updates.iter().map(|(loaded, _)| loaded);
    Ok(transaction::as_named(named, reports.collect()))
}

/// An update that was published and told of. Its module's turn is over.
struct Told {
    goal: Goal,
    report: UpdateReport,
}

/// Takes instances along, if the update is to pay for that.
fn settled(told: Vec<Told>, options: &UpdateOptions) -> Vec<UpdateReport> {
    let told = told.into_iter().map(|it| (it.report, it.goal));
    let (mut reports, goals): (Vec<_>, Vec<_>) = told.unzip();
    let settled = options.settle.map(|within| settle_and_tell(&goals, within));
    for (report, settled) in reports.iter_mut().zip(settled.into_iter().flatten()) {
        report.settled = Some(settled);
    }
    reports
}

/// Lets new calls enter versions that are ready, all of them or none.
fn publish_all(ready: Vec<Ready<'_>>, options: &UpdateOptions) -> Result<Vec<Told>, Refusal> {
    let Some(first) = ready.first() else {
        return Ok(Vec::new());
    };
    let uses = &first.loaded.settings.uses.clone();
    let publishing = uses.publishing();
    let changed = || {
        ready
            .iter()
            .filter_map(|it| Some((it, it.change.as_ref()?)))
    };
    // Between the comparison and now, another module may have been updated that uses one of these or is used.
    let publications = uses.publications();
    if ready.iter().any(|it| it.publications != publications) {
        let together: Together = changed()
            .map(|(ready, change)| (ready.loaded.name.clone(), change.image.manifest()))
            .collect();
        for (of, change) in changed() {
            let manifest = &together[&of.loaded.name];
            let mut found = uses.differences(&of.loaded.name, manifest, &together, Way::On);
            found.retain(|it| it.rule.refuses());
            if !found.is_empty() {
                let refusal = change.image.unfit(found).keeps(&change.running.version);
                let reaches = |it: &Ready<'_>| match Arc::ptr_eq(it.loaded, of.loaded) {
                    true => it.progress.reaches_because(UpdateState::Refused, &refusal),
                    false => it.give_up(&refusal),
                };
                ready.iter().for_each(reaches);
                return Err(refusal);
            }
        }
    }
    let runs: Vec<_> = changed()
        .map(|(it, change)| (&**it.loaded, change.image))
        .collect();
    if let Err(refusal) = recorded::runs(&runs) {
        let keeps = |it: &Ready<'_>, refusal: &Refusal| {
            let refusal = refusal.clone().keeps(&it.loaded.current().version);
            it.progress.reaches_because(UpdateState::Refused, &refusal);
        };
        ready.iter().for_each(|it| keeps(it, &refusal));
        return Err(refusal.keeps(&first.loaded.current().version));
    }
    for (ready, change) in changed() {
        let generation = ready.loaded.history().generation(change.image);
        generation.into_iter().for_each(|it| uses.link(it));
    }
    // In the order of the turns. What each needs of the others was linked above, whichever is published first.
    let mut published = Vec::new();
    for ready in ready {
        published.push(ready.make_current(options));
    }
    uses.published();
    drop(publishing);
    note_together(&published);
    Ok(published.into_iter().map(Current::tell).collect())
}

/// Has each module know with which others it was published.
fn note_together(all: &[Current<'_>]) {
    let number = |it: &Current<'_>| Some(it.publication.as_ref()?.number());
    let published = all
        .iter()
        .filter_map(|it| Some((it.ready.loaded, number(it)?)));
    let published: Vec<_> = published.collect();
    for (loaded, number) in &published {
        let others = published.iter().filter(|(it, _)| !Arc::ptr_eq(it, loaded));
        let others = others.map(|(it, number)| (Arc::downgrade(it), *number));
        loaded.was_published_with(*number, others.collect());
    }
}

/// Everything up to publishing. `kind` is what is done with the file; `candidate` is the file, if it was looked into, and
/// the versions that are to become current with it.
pub(crate) fn prepare<'a>(
    loaded: &'a Arc<Loaded>,
    turn: Turn<'a>,
    (kind, file): (OperationKind, &Path),
    options: &UpdateOptions,
    candidate: (Option<Inspected>, &Together),
) -> Result<Ready<'a>, Refusal> {
    let running = loaded.current();
    let publications = loaded.settings.uses.publications();
    let settings = &loaded.settings;
    let progress = Progress::new(&settings.events, &loaded.name, &running.version);
    let mut progress = progress.record(settings.journal.as_ref(), kind, Some(file));
    match change(loaded, running, (file, candidate), options, &mut progress) {
        Ok((report, change)) => {
            // The look comes once the turn is over: if the update is not published, its image is not needed.
            retire::soon(loaded);
            Ok(Ready {
                loaded,
                turn,
                progress,
                report,
                change,
                publications,
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
    (file, (candidate, together)): (&Path, (Option<Inspected>, &Together)),
    options: &UpdateOptions,
    progress: &mut Progress,
) -> Result<(UpdateReport, Option<Change>), Refusal> {
    let rehearsal = options.rehearsal.as_ref();
    let rehearsal = rehearsal.or(loaded.settings.rehearsal.as_ref());
    let calls = left_behind::calls();
    loaded.refuse_if_linked(file)?;
    loaded.refuse_during_trial(file)?;
    loaded.refuse_while_frozen(file)?;
    loaded.refuse_if_overtaken(file, options.only_at)?;
    progress.reaches(UpdateState::Inspecting);
    let candidate = match candidate {
        Some(candidate) => candidate,
        None => look_into(&loaded.settings, file)?,
    };
    progress.of(&candidate);
    if options.leave_undone {
        refuse_undone(loaded, &candidate)?;
    }
    let mut report = UpdateReport::of(&loaded.name, running, &candidate);
    if candidate.digest() == running.digest {
        return Ok((report, None));
    }
    let with = (&candidate, together);
    let plan = plan(loaded, running, with, &mut report, &mut |state| {
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
    let (image, candidate, read) = code(loaded, candidate, &mut |state| progress.reaches(state))?;
    progress.reaches(UpdateState::Preparing);
    let route = route(loaded, Way::On, &plan, (running, image))?;
    let linked = loaded.history().generation(image);
    linked.ok_or_else(|| image.unlinked())?;
    if let Some(limit) = options.longest_pause {
        let pause = pauses::estimate(loaded, &plan, (running, image))?;
        progress.comes_to(UpdateState::Estimated, &pause.found, true);
        pauses::refuse_beyond(limit, &pause, report.rehearsed.as_ref(), image)?;
        report.pause = Some(pause.found);
    }
    report.number_costs();
    // What is in use reads what it has until this is published.
    let (resources, read) = match read {
        Some(read) => (None, read),
        None => {
            let made = read_again(loaded, image)?;
            let read = made.as_ref().map(MadeAside::read);
            (made, read.unwrap_or_default())
        }
    };
    recorded::keep(&loaded.settings, &candidate, &read)?;
    let change = Change {
        running,
        image,
        route,
        calls,
        resources,
    };
    Ok((report, Some(change)))
}

/// Checks a candidate against the policy, against what runs and against the other modules, and finds out what
/// becomes of states.
pub(crate) fn plan(
    loaded: &Loaded,
    running: &Image,
    (candidate, together): (&Inspected, &Together),
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
        &loaded.settings,
        together,
    )?;
    report.differences = compared.differences;
    report.call_costs = compared.call_costs;
    report.state_costs = state_costs(&plan);
    report.preparations = preparations(&plan);
    report.verdict = Verdict::of(&report.differences);
    // A version that was loaded before still has its statics as it left them.
    if loaded.history().image(candidate.digest()).is_none() {
        let anew = candidate.starts_anew(running.statics.names());
        report.differences.extend(anew);
    }
    Ok(plan)
}

/// Refuses a version that is not to be taken up by itself.
fn refuse_undone(loaded: &Loaded, candidate: &Inspected) -> Result<(), Refusal> {
    let undone = loaded.history().undone(candidate.digest()).cloned();
    undone.map_or(Ok(()), |it| Err(recorded::undone(candidate, &it)))
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

/// The code of a candidate. It is loaded if it was not loaded before, and set up. And what it has read, if it was set up now.
pub(crate) fn code(
    loaded: &Loaded,
    candidate: Loadable,
    reaches: &mut dyn FnMut(UpdateState),
) -> Result<(&'static Image, Inspected, Option<FilesRead>), Refusal> {
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
    let read = |file: &str| loaded.settings.read_file(file);
    let called = || loaded.history().linked_with_nothing(image);
    let files_read = lifecycle::set_up(image, &inspected, &read, called)?;
    Ok((image, inspected, files_read))
}

/// Has a version that is in use make values of what the files that it reads hold now, which are kept aside.
pub(crate) fn read_again(
    loaded: &Loaded,
    image: &'static Image,
) -> Result<Option<MadeAside>, Refusal> {
    let read = |file: &str| loaded.settings.read_file(file);
    lifecycle::read_again(image, &read, || loaded.history().linked_with_nothing(image))
}

/// An update whose version is current by now.
struct Current<'a> {
    ready: Ready<'a>,
    publication: Option<Published>,
    deadline: Option<Deadline>,
    probation: Option<Probation>,
}

impl<'a> Ready<'a> {
    /// Lets new calls enter the new version.
    fn make_current(mut self, options: &UpdateOptions) -> Current<'a> {
        let resources = self.change.as_mut().and_then(|it| it.resources.take());
        resources.into_iter().for_each(|it| drop(it.commit()));
        let deadline = options.deadline.map(|(time, on_deadline)| Deadline {
            time,
            then: match on_deadline {
                OnDeadline::Converge => Overdue::Report,
                OnDeadline::RollBack => Overdue::RollBack(rollback::because),
                OnDeadline::Cancel => Overdue::Cancel,
            },
            settle: options.settle,
        });
        let publication = self.change.as_ref().map(|change| {
            make_current(&Publication {
                loaded: self.loaded,
                change,
                progress: &self.progress,
                promotes: None,
                undoes: None,
            })
        });
        let probation = options.probation.as_ref().and_then(|(time, limits)| {
            Some(Probation {
                publication: publication.as_ref()?.number(),
                image: self.change.as_ref()?.image,
                time: *time,
                limits: limits.clone(),
                rollback: RollbackOptions {
                    drain_timeout: options.deadline.map(|(time, _)| time),
                    settle: options.settle,
                    only_at: None,
                },
            })
        });
        Current {
            ready: self,
            publication,
            deadline,
            probation,
        }
    }
}

impl Current<'_> {
    /// Tells of it, and looks after the calls that it left behind.
    fn tell(self) -> Told {
        let Ready {
            loaded,
            turn,
            progress,
            mut report,
            change,
            ..
        } = self.ready;
        match self.publication {
            Some(publication) => {
                publication.tell(loaded, &progress, self.deadline);
                report.outcome = UpdateOutcome::Published;
                if let Some(probation) = self.probation {
                    probation::begin(loaded, probation);
                }
            }
            None => progress.reaches(UpdateState::Unchanged),
        }
        let goal = Goal {
            loaded: loaded.clone(),
            image: change.map_or_else(|| loaded.current(), |change| change.image),
            progress,
        };
        drop(turn);
        Told { goal, report }
    }
}

impl Ready<'_> {
    /// Ends the update, because another module of the transaction is refused.
    fn give_up(&self, refusal: &Refusal) {
        let reason = transaction::because_of_another(refusal);
        self.progress.reaches_because(UpdateState::Refused, &reason);
    }
}

/// Compares a candidate with what runs, with what the host was compiled to call and to provide, and with the
/// other modules. Returns the differences that do not stand in the way.
pub(crate) fn compare(
    candidate: &Inspected,
    running: Option<(&Description, &Plan)>,
    expectations: &[Arc<Expectation>],
    settings: &Settings,
    together: &Together,
) -> Result<Compared, Refusal> {
    let manifest = candidate.manifest();
    let module = &candidate.build().module;
    let provided = settings.loader.imports.provided();
    let side = HostSide {
        calls: expectations.iter().map(|it| &it.expected).collect(),
        provides: provided.map(|(name, it)| (name, &**it)).collect(),
        used: settings.uses.called(module),
    };
    let mut compared = side.compare(manifest, running);
    let between = settings
        .uses
        .differences(module, manifest, together, Way::On);
    compared.differences.extend(between);
    if settings.loader.imports.stub {
        let is_stub = |it: &Difference| it.rule == Rule::ImportMissing;
        compared.differences.retain(|it| !is_stub(it));
    }
    if (compared.differences)
        .iter()
        .any(|difference| difference.rule.refuses())
    {
        return Err(candidate.refuse(RefusalStage::Compare, compared.differences));
    }
    Ok(compared)
}
