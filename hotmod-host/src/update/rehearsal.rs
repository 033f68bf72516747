//! rehearsal: a dry run. The candidate migrates the live instances in a copy of the process, where
//! it can do no harm.
//!
//! The copy is a child made by `fork`: it has all memory of this process as it is at that moment, and what
//! either writes afterwards is its own. Only the calling thread goes on in the child, so what another thread
//! was changing stays half changed there: an instance that is in a call is left out ([`child`] says why all
//! others are whole), and the locks that the rehearsal needs are held over the fork by this thread
//! ([`held`]).

mod child;
mod held;
mod message;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use child::{End, ForkSide};
use held::HeldLocks;
use hotmod::describe::{Difference, Rule, Type};
use hotmod_file::Inspected;
use hotmod_file::plan::{Plan, Way};
use hotmod_file::{Refusal, RefusalStage};
use message::{Message, Problem};

use crate::call::lifecycle;
use crate::call::reading::Unreadable;
use crate::call::slot::{self, Doing};
use crate::image::budget::Charge;
use crate::image::image::Image;
use crate::image::stage::Staged;
use crate::migrate::{MigrateError, Position};
use crate::migrate::{Route, Sampling};
use crate::module::loaded::Loaded;
use crate::module::options::RehearsalOptions;
use crate::module::pause::Sampler;
use crate::module::registered::RegisteredInstance;
use crate::module::report::RehearsalReport;
use crate::sys::process;
use crate::update::preflight::try_out;
use crate::work;

/// For how long states are sampled.
const SAMPLED: Duration = Duration::from_secs(1);

/// How many states that do not fit are reported.
const TOLD: usize = 20;

/// A candidate, and whether its code is there already.
pub(crate) enum Loadable {
    Known(Inspected, &'static Image),
    Staged(Inspected, (Staged, Charge)),
}

impl Loadable {
    fn inspected(&self) -> &Inspected {
        match self {
            Loadable::Known(inspected, _) | Loadable::Staged(inspected, _) => inspected,
        }
    }
}

/// Rehearses a candidate that was compared with what runs. The caller has the module's turn. Returns the
/// candidate with the report.
pub(crate) fn rehearse(
    loaded: &Loaded,
    running: &'static Image,
    candidate: Loadable,
    plan: &Plan,
    rehearsal: &RehearsalOptions,
) -> Result<(Loadable, RehearsalReport), Refusal> {
    let files = found_files(loaded, candidate.inspected());
    // A fork waits for threads of the host that are at work, and they may wait for what is held here: so this
    // thread is one of them.
    let work = work::begin();
    let held = HeldLocks::new(loaded);
    let start = Instant::now();
    // SAFETY: the child finishes the reporter. Of the locks that another thread may have had, its work takes
    // only those that are held here; [`held`] names the others.
    let side = unsafe { child::fork(&held, rehearsal.memory) };
    let pause = start.elapsed();
    let child = match side {
        Ok(ForkSide::Copy(reporter)) => reporter.finish(|| {
            let (instances, in_use) = (held.instances(), held.states_in_calls());
            drop(held);
            let found = (&*instances, &*in_use);
            perform(loaded, (running, candidate), plan, &files, found)
        }),
        Ok(ForkSide::Process(child)) => Ok(child),
        Err(error) => Err(error),
    };
    drop(held);
    drop(work);
    let failed =
        |faults: Vec<Difference>| candidate.inspected().refuse(RefusalStage::Rehearse, faults);
    match child.and_then(|child| child.wait(rehearsal.time)) {
        Ok(End::Reported(Message::Done {
            migrated,
            in_use,
            took,
            memory,
            longest,
            places,
        })) => Ok((
            candidate,
            RehearsalReport {
                migrated,
                in_use,
                pause,
                took,
                memory,
                longest,
                places,
            },
        )),
        Ok(End::Reported(Message::Faults(faults))) => Err(failed(
            faults.into_iter().map(Problem::into_difference).collect(),
        )),
        Ok(End::Crashed { how, said }) => Err(failed(vec![crashed(&how, &said)])),
        Err(error) => {
            let refusal = failed(vec![Difference {
                path: "the copy of the process".to_owned(),
                was: "one in which the candidate is rehearsed".to_owned(),
                now: error.to_string(),
                rule: Rule::RehearsalFailed,
                help: "make room for another process (and it takes Linux 5.4), rehearse in the process \
                       itself (`Module::candidate`), or update without a rehearsal"
                    .to_owned(),
            }]);
            Err(refusal.caused_by(error))
        }
    }
}

fn crashed(how: &str, said: &str) -> Difference {
    let said = match said.trim() {
        "" => String::new(),
        said => format!("; it said: {said}"),
    };
    Difference {
        path: "the rehearsal".to_owned(),
        was: "a candidate that takes the live instances to its version".to_owned(),
        now: format!("one that {how} in the copy of the process{said}"),
        rule: Rule::RehearsalFailed,
        help:
            "correct what the candidate does when it is loaded, migrates, or is checked; nothing \
               of it ran in the process itself"
                .to_owned(),
    }
}

/// What the files of resources that a candidate reads hold, by their names.
type FoundFiles = BTreeMap<String, Result<Vec<u8>, Unreadable>>;

/// Reads what a candidate is to make values of, for a copy of the process, which cannot take the locks for that.
fn found_files(loaded: &Loaded, candidate: &Inspected) -> FoundFiles {
    let files = candidate.manifest().resources.keys();
    let read = files.map(|file| (file.clone(), loaded.settings.read_file(file)));
    read.collect()
}

/// What the copy does: all that an update does to live state, commit included.
fn perform(
    loaded: &Loaded,
    (running, candidate): (&'static Image, Loadable),
    plan: &Plan,
    files: &FoundFiles,
    (instances, in_use): (&[RegisteredInstance], &[usize]),
) -> Message {
    let started = Instant::now();
    let (inspected, opened) = match candidate {
        Loadable::Known(inspected, image) => {
            image.revive();
            (inspected, Ok(image))
        }
        Loadable::Staged(inspected, staged) => {
            let given = (loaded.memory, loaded.memory.services(slot::mark));
            let opened = loaded.settings.loader.load(&inspected, staged, given);
            (inspected, opened.map_err(|unloaded| unloaded.refusal))
        }
    };
    let set_up = opened.and_then(|image| {
        let called = || loaded.history().linked_with_nothing(image);
        let read = |file: &str| {
            let held = files.get(file);
            held.expect("bug in hotmod: a file that the manifest does not name")
                .clone()
        };
        if lifecycle::set_up(image, &inspected, &read, called)?.is_none() {
            let made = lifecycle::read_again(image, &read, called)?;
            made.into_iter().for_each(|it| drop(it.commit()));
        }
        Ok(image)
    });
    let image = match set_up {
        Ok(image) => image,
        Err(refusal) => {
            let differences = refusal.differences().iter();
            return Message::Faults(differences.map(Problem::of).collect());
        }
    };
    // The copy has this one thread, and gets no others.
    let threads = NonZero::<usize>::MIN;
    let Ok(last) = Route::new(Way::On, plan, (running, image), loaded.memory, threads) else {
        let differences = image.unlinked();
        return Message::Faults(differences.differences().iter().map(Problem::of).collect());
    };
    let Ok(sampling) = Sampling::new(plan, (running, image), loaded.memory) else {
        let differences = image.unlinked();
        return Message::Faults(differences.differences().iter().map(Problem::of).collect());
    };
    let mut sampler = Sampler::new(&sampling, SAMPLED);
    let mut longest = Duration::ZERO;
    let last = Arc::new(last);
    loaded.values.rehearse_along(&last);
    let mut faults = Vec::new();
    let mut migrated = 0;
    let mut left_out = 0;
    for entry in instances {
        if in_use.contains(&entry.state.as_ptr().addr()) {
            left_out += 1;
            continue;
        }
        let from = entry.generation.image;
        let way = loaded.history().way(from, running);
        let way = way.expect("bug in hotmod: an instance at a version that no route leads from");
        if std::ptr::eq(from, running) && !sampler.is_over() {
            let ty = &from.implementation(entry.interface).state;
            let old = entry.state.as_ptr().cast();
            let _entered = slot::enter_at(entry.generation, Doing::Operation, old);
            // SAFETY: the instance is in no call, and nothing else is in this copy of the process; it is at the version
            // that the plan starts from.
            sampler.note(unsafe { sampling.sample(ty, entry.state) });
            let places = loaded.values.places(from, entry.interface);
            // SAFETY: as above.
            let value = unsafe { loaded.values.sample(&places, entry.state, &sampling) };
            if let Some(value) = value {
                longest = longest.max(value.takes);
                sampler.note_value(value);
            }
        }
        let routes = way.iter().map(|route| &**route).chain([&*last]);
        // SAFETY: the instance is in no call, and nothing else is in this copy of the process; the
        // routes are those from its version to the candidate's, one after the other.
        match unsafe { take(entry, routes, loaded) } {
            Ok(took) => {
                migrated += 1;
                longest = longest.max(took);
            }
            Err(fault) if faults.len() < TOLD => faults.push(fault),
            Err(_) => {}
        }
    }
    match faults.is_empty() {
        true => Message::Done {
            migrated,
            in_use: left_out,
            took: started.elapsed(),
            memory: process::own_memory(),
            longest,
            places: sampler.found.places,
        },
        false => Message::Faults(faults),
    }
}

/// Takes one instance along its way and has it checked. Returns how long a caller would have waited for that: its
/// values follow one by one.
///
/// # Safety
///
/// The routes lead from the version that the entry's state is at, one after the other, and nothing
/// else uses the state, nor will.
unsafe fn take<'r>(
    entry: &RegisteredInstance,
    routes: impl Iterator<Item = &'r Route>,
    loaded: &Loaded,
) -> Result<Duration, Problem> {
    let began = Instant::now();
    let mut image = entry.generation.image;
    let mut state = entry.state;
    for route in routes {
        let ty = &image.implementation(entry.interface).state;
        let old = state.as_ptr().cast();
        let _entered = slot::enter_at(entry.generation, Doing::Operation, old);
        // SAFETY: the caller's.
        let migrated = unsafe { route.migrate(ty, state) };
        // A refusal is reported in any case, also one that an update would have to overrule.
        let refused = match migrated {
            Ok(migrated) => {
                state = migrated.state;
                migrated.overruled
            }
            Err(failure) => Some(failure),
        };
        if let Some(failure) = refused {
            let error = MigrateError::new(ty, &failure, image, route.to);
            return Err(Problem::unfit(&error));
        }
        image = route.to;
    }
    let took = began.elapsed();
    let ty = &image.implementation(entry.interface).state;
    let places = loaded.values.places(image, entry.interface);
    let mut start = Position::default();
    // SAFETY: the state is at this image, and nothing else uses it.
    let swept = unsafe {
        loaded
            .values
            .sweep(&places, (state, false), &mut start, &mut || true)
    };
    if let Some(reason) = swept.reason {
        return Err(Problem::values(ty, swept.stuck, &reason));
    }
    for (name, preflight) in image.exports().preflights(ty) {
        // SAFETY: the state is of this type and at this image, and nothing else uses it.
        let checked = unsafe { try_out(preflight, entry.generation, state) };
        checked.map_err(|reason| Problem::preflight(name, ty, &reason))?;
    }
    Ok(took)
}

impl Problem {
    fn of(difference: &Difference) -> Self {
        Problem {
            path: difference.path.clone(),
            was: difference.was.clone(),
            now: difference.now.clone(),
            help: difference.help.clone(),
        }
    }

    fn unfit(error: &MigrateError) -> Self {
        Problem {
            path: error.path.clone(),
            was: format!("a value of {} that fits {}", error.from, error.to),
            now: error.reason.clone(),
            help: "correct the value in the running version, or the migration in the candidate"
                .to_owned(),
        }
    }

    fn values(state: &Type, count: usize, reason: &str) -> Self {
        let s = if count == 1 { "" } else { "s" };
        Problem {
            path: state.to_string(),
            was: "values that follow by themselves".to_owned(),
            now: format!("{count} value{s} that would stay, the first because of {reason}"),
            help: "correct the values, or the migration; without a rehearsal, such values stay at their version".to_owned(),
        }
    }

    fn preflight(name: &str, state: &Type, reason: &str) -> Self {
        Problem {
            path: state.to_string(),
            was: format!("a state that `{name}` finds right"),
            now: reason.to_owned(),
            help: "correct the migration, or the check".to_owned(),
        }
    }

    fn into_difference(self) -> Difference {
        Difference {
            path: self.path,
            was: self.was,
            now: self.now,
            rule: Rule::RehearsalFailed,
            help: self.help,
        }
    }
}
