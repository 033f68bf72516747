//! drain: waiting until nobody runs in an old version, without holding anybody up.
//!
//! Callers tell nobody that they leave, so that calls cost nothing more; whoever waits for them has
//! to look again.

use std::fmt;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use hotmod::printed::{Line, lines};

use crate::call::slot::{self, Doing, Running};
use crate::events::Progress;
use crate::image::image::Image;
use crate::module::loaded::{Core, History};

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
        lines(f, |f| {
            let Straggler {
                thread,
                export,
                version,
                age,
            } = self;
            write!(
                f,
                "{}: `{export}` of version {version} runs for {age:?} at least",
                Line(thread)
            )
        })
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
    let mut old = history.left.known.clone();
    drop(history);
    old.retain(|(call, _)| is_old(call.generation.image));
    stragglers_of(core, &old)
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

/// The calls that were seen in versions of a module that were not current any more, and what follows
/// them: of each version that was left, the publication that left it last.
#[derive(Default)]
pub(crate) struct Left {
    known: Vec<Call>,
    drains: Vec<Drain>,
    /// How many drains there were.
    begun: u64,
}

/// The calls that were left behind in one version.
struct Drain {
    number: u64,
    image: &'static Image,
    calls: Vec<Call>,
    progress: Progress,
}

impl Drain {
    /// Looks again. Those that are left.
    fn look(&mut self, now: &[Running]) -> &[Call] {
        self.calls
            .retain(|(call, _)| now.iter().any(|running| is_same(running, call)));
        &self.calls
    }
}

impl Left {
    /// Forgets the calls that have ended, and takes in those that are in such an image now, since
    /// when they were seen earlier if they were.
    fn look(&mut self, earlier: &[Call], is_left: impl Fn(&Image) -> bool) {
        let now = calls();
        self.known
            .retain(|(call, _)| now.iter().any(|(running, _)| is_same(running, call)));
        let is_new = |call: &Running| {
            call.doing != Doing::Operation
                && is_left(call.generation.image)
                && !self.known.iter().any(|(known, _)| is_same(known, call))
        };
        let new = now.into_iter().filter(|(call, _)| is_new(call));
        let new = new.map(|(call, now)| {
            let earlier = earlier.iter().find(|(seen, _)| is_same(seen, &call));
            let since = earlier.map_or(now, |(_, since)| *since);
            (call, since)
        });
        let new: Vec<Call> = new.collect();
        self.known.extend(new);
    }

    /// An image is not what new calls enter any more. Gives what its calls are followed by.
    pub(crate) fn leave(
        &mut self,
        image: &'static Image,
        earlier: &[Call],
        progress: &Progress,
    ) -> u64 {
        let is_left = |left: &Image| std::ptr::eq(left, image);
        self.look(earlier, is_left);
        let known = self.known.iter();
        let calls = known.filter(|(call, _)| is_left(call.generation.image));
        self.begun += 1;
        self.drains.push(Drain {
            number: self.begun,
            image,
            calls: calls.cloned().collect(),
            progress: progress.clone(),
        });
        self.begun
    }

    /// New calls enter an image again. Gives what followed those that it was left with.
    pub(crate) fn returns(&mut self, image: &Image) -> Option<Progress> {
        let is_it = |drain: &mut Drain| std::ptr::eq(drain.image, image);
        let mut ended = self.drains.extract_if(.., is_it);
        ended.next().map(|drain| drain.progress)
    }

    /// Looks again. Whether none of these calls is left, which ends this; `None` if it has ended.
    pub(crate) fn is_drained(&mut self, number: u64) -> Option<bool> {
        let mut drains = self.drains.iter_mut();
        let place = drains.position(|drain| drain.number == number)?;
        let is_done = self.drains[place].look(&slot::running()).is_empty();
        if is_done {
            self.drains.swap_remove(place);
        }
        Some(is_done)
    }

    /// Those of these calls that were left when somebody last looked.
    pub(crate) fn calls(&self, number: u64) -> Vec<Call> {
        let mut drains = self.drains.iter();
        let drain = drains.find(|drain| drain.number == number);
        drain.map_or(Vec::new(), |drain| drain.calls.clone())
    }

    /// Looks again. All that are left.
    fn all(&mut self) -> Vec<Call> {
        let now = match self.drains.is_empty() {
            true => Vec::new(),
            false => slot::running(),
        };
        let left = self.drains.iter_mut();
        left.flat_map(|drain| drain.look(&now).to_vec()).collect()
    }
}

/// Waits until nobody is left of those whom an update or a rollback left behind. Gives those who
/// are when the time is over.
pub(crate) fn drain(core: &Core, within: Duration) -> Vec<Straggler> {
    let is_draining = |history: &mut History| !history.left.all().is_empty();
    let history = core.history();
    let waited = core
        .drained
        .wait_timeout_while(history, within, is_draining);
    let (mut history, _) = waited.unwrap_or_else(PoisonError::into_inner);
    let left = history.left.all();
    drop(history);
    stragglers_of(core, &left)
}

/// What there is to say of these calls.
pub(crate) fn stragglers_of(core: &Core, calls: &[Call]) -> Vec<Straggler> {
    let calls = calls.iter();
    calls.map(|call| Straggler::new(core, call)).collect()
}

/// How long to wait before looking again, longer each time.
pub(crate) struct Pause(Duration);

impl Pause {
    pub(crate) fn new() -> Self {
        Pause(SOON)
    }

    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (2 * pause).min(LATER);
        pause
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
