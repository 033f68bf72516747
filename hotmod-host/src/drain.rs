//! drain: waiting until nobody runs in an old version, without holding anybody up.
//!
//! Callers tell nobody that they leave, so that calls cost nothing more; whoever waits for them has
//! to look again.

use std::fmt;
use std::time::{Duration, Instant};

use crate::core::Core;
use crate::image::Image;
use crate::slot::{self, Doing, Running};

/// How long to wait before looking again, at first and at most.
const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(50);

/// What to do when calls are still in the old version at the deadline of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDeadline {
    /// The update stays; those calls end in the old version whenever they end.
    Converge,
    /// The update is rolled back.
    Reverse,
}

/// A call that is still in an old version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Straggler {
    /// The thread's name, or its number for the system.
    pub thread: String,
    /// The export, as `Game::hello` or `damage`, or another word for what it does.
    pub export: String,
    /// The version of the module that it runs in.
    pub version: String,
    /// How long it has been running at least: since it was first seen, at the latest when the
    /// update began that left it behind.
    pub age: Duration,
}

impl fmt::Display for Straggler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Straggler {
            thread,
            export,
            version,
            age,
        } = self;
        write!(
            f,
            "{thread}: `{export}` of version {version} runs for {age:?} at least"
        )
    }
}

/// The calls of a module that run in another version than the current one.
pub(crate) fn stragglers(core: &Core) -> Vec<Straggler> {
    let mut history = core.history();
    let current = core.current();
    let trial = history.trial.clone();
    let images = history.images.clone();
    let is_old = |image: &Image| {
        let on_trial = trial
            .as_ref()
            .is_some_and(|trial| std::ptr::eq(trial.image(), image));
        !on_trial && !std::ptr::eq(image, current)
    };
    history.left.look(&[], |image| {
        is_old(image) && images.iter().any(|known| std::ptr::eq(*known, image))
    });
    let left = history.left.0.clone();
    drop(history);
    let old = left
        .iter()
        .filter(|(call, _)| is_old(call.generation.image));
    old.map(|call| Straggler::new(core, call)).collect()
}

/// A call that runs, and since when it is known to.
pub(crate) type Call = (Running, Instant);

/// The calls that run now.
pub(crate) fn calls() -> Vec<Call> {
    let now = Instant::now();
    let running = slot::running().into_iter();
    running.map(|running| (running, now)).collect()
}

/// Whether both are one call in one version. A call that was seen before it had found its version
/// is in another afterwards.
fn is_same(one: &Running, other: &Running) -> bool {
    one.id == other.id && std::ptr::eq(one.generation.image, other.generation.image)
}

/// The calls that were seen in versions of a module that were not current any more. Each is
/// followed by the update that left it behind, and by no later one: a call that never ends is
/// followed once, however many updates come after.
#[derive(Default)]
pub(crate) struct Left(Vec<Call>);

impl Left {
    /// Forgets the calls that have ended, and takes in those that are in such an image now, since
    /// when they were seen earlier if they were. Returns those that were not known yet.
    pub(crate) fn look(&mut self, earlier: &[Call], is_left: impl Fn(&Image) -> bool) -> Vec<Call> {
        let now = calls();
        self.0
            .retain(|(call, _)| now.iter().any(|(running, _)| is_same(running, call)));
        let is_new = |call: &Running| {
            call.doing != Doing::Operation
                && is_left(call.generation.image)
                && !self.0.iter().any(|(known, _)| is_same(known, call))
        };
        let new = now.into_iter().filter(|(call, _)| is_new(call));
        let new = new.map(|(call, now)| {
            let earlier = earlier.iter().find(|(seen, _)| is_same(seen, &call));
            let since = earlier.map_or(now, |(_, since)| *since);
            (call, since)
        });
        let new: Vec<Call> = new.collect();
        self.0.extend_from_slice(&new);
        new
    }
}

impl Straggler {
    fn new(core: &Core, (call, since): &Call) -> Self {
        Straggler {
            thread: call.thread.clone(),
            export: core.export(call.doing),
            version: call.generation.image.version.clone(),
            age: since.elapsed(),
        }
    }
}

/// The calls that an update left behind.
pub(crate) struct Drain {
    calls: Vec<Call>,
    wait: Duration,
}

impl Drain {
    pub(crate) fn new(calls: Vec<Call>) -> Self {
        Drain { calls, wait: SOON }
    }

    /// Looks again. Whether none of the calls is left.
    pub(crate) fn is_done(&mut self) -> bool {
        let now = slot::running();
        self.calls
            .retain(|(call, _)| now.iter().any(|running| is_same(running, call)));
        self.calls.is_empty()
    }

    /// How long to wait before looking again.
    pub(crate) fn pause(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (2 * wait).min(LATER);
        wait
    }

    /// Those that are left.
    pub(crate) fn stragglers(&self, core: &Core) -> Vec<Straggler> {
        let left = self.calls.iter();
        left.map(|call| Straggler::new(core, call)).collect()
    }
}
