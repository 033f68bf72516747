//! drain: waiting until nobody runs in an old version, without holding anybody up.
//!
//! Callers tell nobody that they leave, so that calls cost nothing more; whoever waits for them has
//! to look again.

use std::fmt;
use std::time::{Duration, Instant};

use crate::core::Core;
use crate::load::Image;
use crate::slot::{self, Doing, Running};

/// How long to wait before looking again, at first and at most.
const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(50);

/// What to do when calls are still in the old version at the deadline of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// How long it has been running at least: since it was first seen, when the update began.
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
    let current = core.current();
    let (images, trial) = {
        let history = core.history();
        (history.images.clone(), history.trial.clone())
    };
    let is_in_use = |image: &Image| {
        let on_trial = trial.as_ref().is_some_and(|trial| trial.is_of(image));
        on_trial || std::ptr::eq(image, current)
    };
    let old = images.into_iter().filter(|image| !is_in_use(image));
    old.flat_map(|image| Drain::begin(image, Vec::new()).stragglers(core))
        .collect()
}

/// The calls that were in an image when it was replaced.
pub(crate) struct Drain {
    image: &'static Image,
    calls: Vec<(Running, Instant)>,
    wait: Duration,
}

/// The calls that run in a module now, and since when they are known to.
pub(crate) fn calls() -> Vec<(Running, Instant)> {
    let now = Instant::now();
    let running = slot::running().into_iter();
    running.map(|running| (running, now)).collect()
}

impl Drain {
    /// After another version was published: the calls that are in the one before. `known` are
    /// those that were seen running earlier.
    pub(crate) fn begin(image: &'static Image, known: Vec<(Running, Instant)>) -> Self {
        let now = calls().into_iter();
        let still = now.filter(|(call, _)| {
            std::ptr::eq(call.generation.image, image) && call.doing != Doing::Operation
        });
        let since = still.map(|(call, now)| {
            let earlier = known.iter().find(|(seen, _)| seen.id == call.id);
            let since = earlier.map_or(now, |(_, since)| *since);
            (call, since)
        });
        Drain {
            image,
            calls: since.collect(),
            wait: SOON,
        }
    }

    /// Looks again. Whether none of the calls is left.
    pub(crate) fn is_done(&mut self) -> bool {
        let now = slot::running();
        self.calls
            .retain(|(call, _)| now.iter().any(|running| running.id == call.id));
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
        let calls = self.calls.iter().map(|(call, since)| Straggler {
            thread: call.thread.clone(),
            export: core.export(call.doing),
            version: self.image.version.clone(),
            age: since.elapsed(),
        });
        calls.collect()
    }
}
