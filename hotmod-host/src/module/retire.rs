//! retire: what becomes of versions that are needed no more. They stay mapped and callable, and next to
//! nothing of them stays in memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hotmod::printed::lines;

use crate::call::lifecycle;
use crate::call::slot;
use crate::call::suspended;
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::module::history::History;
use crate::module::loaded::Loaded;

/// How long to wait before looking for versions that are needed no more, and before looking again for those
/// that only running calls need: at first, and at most.
const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(50);

/// At most how long to wait before looking again for those that only values of `Lazy`s need. A value that leaves a
/// version tells nothing of it, and values may stay for long.
const MUCH_LATER: Duration = Duration::from_secs(1);

/// What a loaded version is still needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NeededFor {
    /// New calls enter it.
    Current,
    /// The update that replaced it may be rolled back.
    RollbackTarget,
    /// It is on trial, and instances may follow it at any moment; or there is a
    /// [`Candidate`](crate::Candidate) of it, by which instances may be rehearsed at any moment.
    Candidate,
    /// So many instances are at it, or on their way there.
    Instances(usize),
    /// So many values of [`Lazy`](hotmod::Lazy)s are at it, which follow when they are used.
    Values(usize),
    /// So many calls of its `async` exports wait for something.
    Suspended(usize),
    /// So many calls are in it.
    Running(usize),
}

impl fmt::Display for NeededFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let count = |f: &mut fmt::Formatter<'_>, count: usize, what: &str| {
                let s = if count == 1 { "" } else { "s" };
                write!(f, "{count} {what}{s}")
            };
            match self {
                NeededFor::Current => f.write_str("current"),
                NeededFor::RollbackTarget => f.write_str("rollback target"),
                NeededFor::Candidate => f.write_str("candidate"),
                NeededFor::Instances(instances) => count(f, *instances, "instance"),
                NeededFor::Values(values) => count(f, *values, "value"),
                NeededFor::Suspended(calls) => count(f, *calls, "suspended call"),
                NeededFor::Running(calls) => count(f, *calls, "running call"),
            }
        })
    }
}

/// An image, and what it is needed for now.
pub(crate) struct Needed {
    pub(crate) image: &'static Image,
    pub(crate) needs: Vec<NeededFor>,
}

/// Every image of a module, in the order in which they were loaded.
pub(crate) fn needed(loaded: &Loaded) -> Vec<Needed> {
    needed_now(loaded, &loaded.history())
}

fn needed_now(loaded: &Loaded, history: &History) -> Vec<Needed> {
    let current = loaded.current();
    // Read before the instances: an instance that is being created shows as a call until it is counted. One
    // whose creation begins later will be at the current version.
    let calls = slot::running();
    // As long as this is held, no instance goes from a count that is still to be read to one that
    // was read already.
    let _at_rest = loaded.instances.lock();
    // Read after the calls: a call that waits was noted before it left its frame.
    let suspended = suspended::counts();
    let needed = history.images.iter().map(|image| {
        let is = |other: &Image| std::ptr::eq(other, *image);
        // Relaxed: an instance that is not counted here was not at this image when the lock was taken.
        let instances = image.instances.load(Ordering::Relaxed);
        // Relaxed: a candidate is made with the module's turn, as versions are retired with it, or with the history
        // locked, as it is here.
        let candidates = image.candidates.load(Ordering::Relaxed);
        // Read after the calls and instances: what makes values at a version is in one of them, or at one.
        let values = image.values.count();
        let suspended = suspended.of(image);
        let trial = history.trial.as_ref();
        let is_on_trial = trial.is_some_and(|trial| is(trial.image()));
        let calls = calls.iter().filter(|call| is(call.generation.image));
        let calls = calls.count();
        let needs = [
            is(current).then_some(NeededFor::Current),
            history
                .may_go_back_to(image)
                .then_some(NeededFor::RollbackTarget),
            (is_on_trial || candidates > 0).then_some(NeededFor::Candidate),
            (instances > 0).then_some(NeededFor::Instances(instances)),
            (values > 0).then_some(NeededFor::Values(values)),
            (suspended > 0).then_some(NeededFor::Suspended(suspended)),
            (calls > 0).then_some(NeededFor::Running(calls)),
        ];
        Needed {
            image,
            needs: needs.into_iter().flatten().collect(),
        }
    });
    needed.collect()
}

/// Has an image stay in use, set up and with its memory, as long as there is a candidate of it, or something is still
/// to be told of it.
pub(crate) struct InUse {
    loaded: Arc<Loaded>,
    pub(crate) image: &'static Image,
}

impl InUse {
    /// The caller has the module's turn, or has locked its history.
    pub(crate) fn new(loaded: &Arc<Loaded>, image: &'static Image) -> Self {
        // Relaxed: a look for versions to retire has the module's turn, and reads this with the history locked.
        image.candidates.fetch_add(1, Ordering::Relaxed);
        let loaded = loaded.clone();
        InUse { loaded, image }
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        // Relaxed: the look that is asked for comes after it, and any before may find the version needed.
        self.image.candidates.fetch_sub(1, Ordering::Relaxed);
        soon(&self.loaded);
    }
}

/// Looks soon, on the host's thread for later, for versions that are needed no more.
pub(crate) fn soon(loaded: &Arc<Loaded>) {
    if loaded.ask_for_retirement() {
        return;
    }
    later(loaded, SOON);
}

fn later(loaded: &Arc<Loaded>, pause: Duration) {
    loaded.after(pause, move |loaded| look(loaded, pause));
}

fn look(loaded: &Arc<Loaded>, pause: Duration) {
    let next = (2 * pause).min(LATER);
    let Some(_turn) = loaded.try_turn() else {
        // An update may take long, and other things wait for this thread.
        return later(loaded, next);
    };
    // A version that is given up from here on is looked for once more.
    loaded.begin_retirement();
    let needed = needed(loaded);
    let (mut is_called, mut has_values) = (false, false);
    for Needed { image, needs } in &needed {
        let is_call =
            |it: &NeededFor| matches!(it, NeededFor::Running(_) | NeededFor::Suspended(_));
        if (needs.iter()).all(|it| is_call(it) || matches!(it, NeededFor::Values(_))) {
            is_called |= needs.iter().any(is_call);
            has_values |= !needs.is_empty();
        }
        if needs.is_empty() && !image.is_retired() {
            retire(loaded, image);
        }
    }
    loaded.forget_routes(|history| {
        let needed = needed_now(loaded, history).into_iter();
        let needed = needed.filter(|it| !it.needs.is_empty());
        needed.map(|it| it.image).collect()
    });
    if is_called && !loaded.ask_for_retirement() {
        later(loaded, next);
    } else if has_values && !loaded.ask_for_retirement() {
        later(loaded, (2 * pause).min(MUCH_LATER));
    }
}

fn retire(loaded: &Loaded, image: &'static Image) {
    let wound_down = lifecycle::wind_down(image, || loaded.history().linked_with_nothing(image));
    // Pages that the kernel keeps are counted as before; no more can be done about them.
    let _ = image.retire(&loaded.settings.loader.staging);
    let left = loaded.history().take_leaving(image);
    match (left, wound_down) {
        (Some(progress), Ok(())) => progress.reaches(UpdateState::Retired),
        (Some(progress), Err(failed)) => progress.reaches_because(UpdateState::Retired, &failed),
        (None, Ok(())) => {}
        // No update replaced it: it was never published.
        (None, Err(failed)) => Progress::new(&loaded.settings.events, &loaded.name, &image.version)
            .reaches_because(UpdateState::Retired, &failed),
    }
}
