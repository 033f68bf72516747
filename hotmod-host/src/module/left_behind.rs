//! The calls that publications have left behind.
//!
//! A call that ends notifies no thread, so that calls cost nothing more; a thread that waits for them has
//! to look again.

use std::time::Instant;

use crate::call::slot::{self, Doing, RunningCall};
use crate::call::suspended;
use crate::events::Progress;
use crate::image::image::Image;

/// A call that runs, and when it was first seen.
pub(crate) type SeenCall = (RunningCall, Instant);

/// The calls that run now.
pub(crate) fn calls() -> Vec<SeenCall> {
    let now = Instant::now();
    let running = slot::running().into_iter();
    running.map(|running| (running, now)).collect()
}

/// Whether both are one call in one version. A call that was seen before it had found its version
/// is in another afterwards.
fn is_same(one: &RunningCall, other: &RunningCall) -> bool {
    one.id == other.id && std::ptr::eq(one.generation.image, other.generation.image)
}

/// The calls that were seen in versions of a module that were not current any more, and one drain for each
/// version that was left, which follows the calls in it.
#[derive(Default)]
pub(crate) struct Left {
    pub(crate) known: Vec<SeenCall>,
    drains: Vec<Drain>,
    /// How many drains there were.
    begun: u64,
}

/// The number of a drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DrainNumber(u64);

/// The calls that were left behind in one version.
struct Drain {
    number: DrainNumber,
    image: &'static Image,
    calls: Vec<SeenCall>,
    progress: Progress,
}

impl Drain {
    /// Looks again, and returns the calls that still run.
    fn look(&mut self, now: &[RunningCall]) -> &[SeenCall] {
        self.calls
            .retain(|(call, _)| now.iter().any(|running| is_same(running, call)));
        &self.calls
    }
}

impl Left {
    /// Forgets the calls that have ended, and adds those that are now in an image for which `is_left`
    /// holds. A call that is among `earlier` keeps the time at which it was seen then.
    pub(crate) fn look(&mut self, earlier: &[SeenCall], is_left: impl Fn(&Image) -> bool) {
        let now = calls();
        self.known
            .retain(|(call, _)| now.iter().any(|(running, _)| is_same(running, call)));
        let is_new = |call: &RunningCall| {
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
        let new: Vec<SeenCall> = new.collect();
        self.known.extend(new);
    }

    /// New calls do not enter this image any more. Returns the drain of those that are in it.
    pub(crate) fn leave(
        &mut self,
        image: &'static Image,
        earlier: &[SeenCall],
        progress: &Progress,
    ) -> DrainNumber {
        let is_left = |left: &Image| std::ptr::eq(left, image);
        self.look(earlier, is_left);
        let known = self.known.iter();
        let calls = known.filter(|(call, _)| is_left(call.generation.image));
        self.begun += 1;
        let number = DrainNumber(self.begun);
        self.drains.push(Drain {
            number,
            image,
            calls: calls.cloned().collect(),
            progress: progress.clone(),
        });
        number
    }

    /// New calls enter this image again. Ends its drain, and returns the progress of the update or trial
    /// that left it.
    pub(crate) fn returns(&mut self, image: &Image) -> Option<Progress> {
        let is_it = |drain: &mut Drain| std::ptr::eq(drain.image, image);
        let mut ended = self.drains.extract_if(.., is_it);
        ended.next().map(|drain| drain.progress)
    }

    /// Looks again, and ends the drain if none of its calls is left. Returns whether that is so; `None` if
    /// the drain had ended before.
    pub(crate) fn end_if_drained(&mut self, number: DrainNumber) -> Option<bool> {
        let mut drains = self.drains.iter_mut();
        let place = drains.position(|drain| drain.number == number)?;
        let drain = &mut self.drains[place];
        // In this order: a call that waits was listed before it left its frame.
        let is_done = drain.look(&slot::running()).is_empty() && !suspended::are_in(drain.image);
        if is_done {
            self.drains.swap_remove(place);
        }
        Some(is_done)
    }

    /// The calls of a drain that still ran at the last look.
    pub(crate) fn calls(&self, number: DrainNumber) -> Vec<SeenCall> {
        let mut drains = self.drains.iter();
        let drain = drains.find(|drain| drain.number == number);
        drain.map_or(Vec::new(), |drain| drain.calls.clone())
    }

    /// Whether calls are left, running or suspended, that a drain follows.
    pub(crate) fn is_draining(&mut self) -> bool {
        !self.all().is_empty() || self.drains.iter().any(|it| suspended::are_in(it.image))
    }

    /// The versions that drains follow.
    pub(crate) fn draining(&self) -> Vec<&'static Image> {
        self.drains.iter().map(|drain| drain.image).collect()
    }

    /// The version that a drain follows.
    pub(crate) fn drained_image(&self, number: DrainNumber) -> Option<&'static Image> {
        let mut drains = self.drains.iter();
        let drain = drains.find(|drain| drain.number == number);
        drain.map(|drain| drain.image)
    }

    /// Looks again, and returns the calls of all drains that still run.
    pub(crate) fn all(&mut self) -> Vec<SeenCall> {
        let now = match self.drains.is_empty() {
            true => Vec::new(),
            false => slot::running(),
        };
        let left = self.drains.iter_mut();
        left.flat_map(|drain| drain.look(&now).to_vec()).collect()
    }
}
