//! What a migration would take, from a sample of the value.
//!
//! Of each container that is rebuilt, only as many items are prepared as a short time allows, and what those took
//! stands for all: of 500,000 items of which 10,000 took 12 ms, all would take 600 ms. Containers within items are
//! sampled in the same way. Everything else is prepared whole. Nothing is committed.

use std::time::{Duration, Instant};

use hotmod::operations::Run;

use super::samples::{Sampled, Samples, address};
use super::{Engine, Failure, Result};
use crate::migrate::at::At;
use crate::migrate::parts;
use crate::migrate::program::{Items, Slices};
use crate::migrate::scratch::Scratch;

/// For how long the items of one container are prepared, and how many of them at most.
const TIME: Duration = Duration::from_millis(4);
const MOST: usize = 1 << 14;

/// A container of which some items are prepared.
struct Begun {
    start: Instant,
    /// What was found before it.
    before: Samples,
}

impl Begun {
    /// Whether no more items are to be prepared than these.
    fn is_enough(&self, items: usize) -> bool {
        items >= MOST || self.start.elapsed() >= TIME
    }
}

impl<'p> Engine<'p> {
    /// One that prepares samples. What it prepares can only be abandoned.
    pub(in crate::migrate) fn sampling(self) -> Self {
        Engine {
            sampler: Some(Box::default()),
            ..self
        }
    }

    /// What was found, and how much longer all would have taken than the sample.
    pub(in crate::migrate) fn sampled(&mut self) -> (Sampled, Duration) {
        let sampler = self.sampler.take().unwrap_or_default();
        (sampler.found, sampler.beyond)
    }

    fn begin_sample(&mut self) -> Begun {
        let before = self.sampler.as_deref_mut().map(std::mem::take);
        Begun {
            start: Instant::now(),
            before: before.unwrap_or_default(),
        }
    }

    /// Notes a container of which some of its items were prepared.
    fn end_sample(&mut self, code: usize, begun: Begun, (some, len): (usize, usize)) {
        let Some(sampler) = self.sampler.as_deref_mut() else {
            return;
        };
        let took = begun.start.elapsed();
        let within = std::mem::replace(sampler, begun.before);
        // An empty container takes what it took.
        let times = if some == 0 {
            1.0
        } else {
            len as f64 / some as f64
        };
        let takes = (took + within.beyond).mul_f64(times);
        sampler.beyond += takes.saturating_sub(took);
        let mut add = |code, items, takes| {
            let found = sampler.found.entry(code).or_default();
            found.items += items;
            found.takes += takes;
        };
        for (code, found) in within.found {
            add(code, found.items * times, found.takes.mul_f64(times));
        }
        add(code, len as f64, takes);
    }

    /// As `prepare_items`, of some of the items.
    ///
    /// # Safety
    ///
    /// As there.
    pub(super) unsafe fn sample_items(&mut self, code: &'p Items, from: At, to: At) -> Result {
        // SAFETY: `code` fits, so its tables are those of both values, and the codes within fit their parts.
        // The rooms are for the parts of an item, and the container is begun and finished once.
        unsafe {
            let len = parts::len(&code.old, from);
            let most = len.min(MOST);
            self.affords(most.saturating_mul(super::item_size(code, super::OldOrNew::New)))?;
            if !parts::begin(&code.new, to, most) {
                return Err(Failure::new("the container could not be made"));
            }
            let mut rooms: Vec<Scratch> = code.items.iter().map(|i| Scratch::new(i.new)).collect();
            let rooms: Vec<At> = rooms.iter_mut().map(At::scratch).collect();
            let mut failure = None;
            let mut some = 0;
            let begun = self.begin_sample();
            let all = parts::each(&code.old, from, code.items.len(), |parts| {
                match self.prepare_item(code, parts, &rooms, to) {
                    Ok(()) => some += 1,
                    Err(because) => failure = Some(because.within(format!("[{some}]"))),
                }
                failure.is_none() && !begun.is_enough(some)
            });
            parts::finish(&code.new, to);
            if failure.is_none() && (all || some > 0) {
                self.end_sample(address(code), begun, (some, len));
                return Ok(());
            }
            self.abandon_items(code, to);
            Err(failure.unwrap_or_else(|| Failure::new("the container could not be read")))
        }
    }

    /// As `prepare_slice`, of some of the items: of few at first, and of more as long as that is quickly done.
    ///
    /// # Safety
    ///
    /// As there.
    pub(super) unsafe fn sample_slice(
        &mut self,
        code: &'p Slices,
        run: Run,
    ) -> std::result::Result<Run, Failure> {
        let most = run.len.min(MOST);
        let mut some = most.min(1);
        loop {
            let begun = self.begin_sample();
            // SAFETY: `code` fits, so the run, of whose items these are the first, is of its old items.
            let room = unsafe { self.prepare_first(code, run, some) }?;
            if some == most || begun.is_enough(some) {
                self.end_sample(address(code), begun, (some, run.len));
                return Ok(room);
            }
            // SAFETY: it was prepared above, and is given up.
            unsafe { self.abandon_slice(code, room) };
            if let Some(sampler) = self.sampler.as_deref_mut() {
                *sampler = begun.before;
            }
            some = (8 * some).min(most);
        }
    }
}
