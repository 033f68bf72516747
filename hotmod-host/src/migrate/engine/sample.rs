//! What a migration would take, from a sample of the value.
//!
//! Of each container that is rebuilt, only as many items are prepared as a short time allows, and what those took
//! stands for all: of 500,000 items of which 10,000 took 12 ms, all would take 600 ms. Containers within items are
//! sampled in the same way. Everything else is prepared whole. Nothing is committed. A sample that stands for more than
//! it has is taken several times, and the quickest counts: on a busy machine, the others were interrupted.

use std::time::{Duration, Instant};

use hotmod::operations::Run;

use super::items::{OldOrNew, item_size};
use super::samples::{Sampled, Samples, address};
use super::{Engine, Failure, Result};
use crate::migrate::at::At;
use crate::migrate::parts;
use crate::migrate::program::{Items, Slices};
use crate::migrate::scratch::Scratch;

/// For how long the items of one container are prepared, at a time; how many of them at most, and how many at least,
/// unless those take as many times as long.
const TIME: Duration = Duration::from_millis(2);
const MOST: usize = 1 << 14;
const LEAST: usize = 16;

/// How often a sample is taken that stands for more than it has. The quickest counts: in another one, the thread may
/// have waited for a processor, and that time would be multiplied.
const TIMES: usize = 3;

/// A container of which some items are prepared.
struct Begun {
    start: Instant,
    /// What was found before it.
    before: Samples,
}

impl Begun {
    /// Whether no more items are to be prepared than these.
    fn is_enough(&self, items: usize) -> bool {
        let took = self.start.elapsed();
        items >= MOST || took >= TIME && (items >= LEAST || took >= TIME * LEAST as u32)
    }
}

/// What some items of a container came to.
struct Sample {
    some: usize,
    took: Duration,
    /// What was found in them.
    within: Samples,
}

impl Sample {
    /// How long so many items would take.
    fn takes(&self, len: usize) -> Duration {
        (self.took + self.within.beyond).mul_f64(self.times(len))
    }

    /// An empty container takes what it took.
    fn times(&self, len: usize) -> f64 {
        match self.some {
            0 => 1.0,
            some => len as f64 / some as f64,
        }
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

    /// What came of some items.
    fn end_sample(&mut self, begun: Begun, some: usize) -> Sample {
        let took = begun.start.elapsed();
        let sampler = self.sampler.as_deref_mut();
        let within = sampler.map(|it| std::mem::replace(it, begun.before));
        Sample {
            some,
            took,
            within: within.unwrap_or_default(),
        }
    }

    /// Notes a container that has so many items.
    fn note(&mut self, code: usize, len: usize, sample: &Sample) {
        let Some(sampler) = self.sampler.as_deref_mut() else {
            return;
        };
        let (takes, times) = (sample.takes(len), sample.times(len));
        sampler.beyond += takes.saturating_sub(sample.took);
        let mut add = |code, items, takes| {
            let found = sampler.found.entry(code).or_default();
            found.items += items;
            found.takes += takes;
        };
        for (code, found) in &sample.within.found {
            add(*code, found.items * times, found.takes.mul_f64(times));
        }
        add(code, len as f64, takes);
    }

    /// As `prepare_items`, of some of the items.
    ///
    /// # Safety
    ///
    /// As there.
    pub(super) unsafe fn sample_items(&mut self, code: &'p Items, from: At, to: At) -> Result {
        // SAFETY: the caller's; what was prepared is abandoned before it is prepared again.
        unsafe {
            let len = parts::len(&code.old, from);
            let mut best = self.prepare_some(code, from, to)?;
            for _ in 1..TIMES {
                if best.some == len {
                    break;
                }
                self.abandon_items(code, to);
                let sample = self.prepare_some(code, from, to)?;
                if sample.takes(len) < best.takes(len) {
                    best = sample;
                }
            }
            self.note(address(code), len, &best);
            Ok(())
        }
    }

    /// # Safety
    ///
    /// As for `prepare_items`.
    unsafe fn prepare_some(
        &mut self,
        code: &'p Items,
        from: At,
        to: At,
    ) -> std::result::Result<Sample, Failure> {
        // SAFETY: `code` fits, so its tables are those of both values, and the codes within fit their parts.
        // The rooms are for the parts of an item, and the container is begun and finished once.
        unsafe {
            let most = parts::len(&code.old, from).min(MOST);
            self.affords(most.saturating_mul(item_size(code, OldOrNew::New)))?;
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
                return Ok(self.end_sample(begun, some));
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
            let mut best: Option<Sample> = None;
            for time in 1.. {
                let begun = self.begin_sample();
                // SAFETY: `code` fits, so the run, of whose items these are the first, is of its old items.
                let room = unsafe { self.prepare_first(code, run, some) }?;
                let sample = self.end_sample(begun, some);
                let best = match best.take() {
                    Some(known) if known.takes(some) <= sample.takes(some) => best.insert(known),
                    _ => best.insert(sample),
                };
                let is_all = some == run.len;
                let is_enough = best.took >= TIME || some == most;
                if is_all || is_enough && time >= TIMES {
                    let best = &*best;
                    self.note(address(code), run.len, best);
                    return Ok(room);
                }
                // SAFETY: it was prepared above, and is given up.
                unsafe { self.abandon_slice(code, room) };
                if !is_enough {
                    break;
                }
            }
            some = (4 * some).min(most);
        }
    }
}
