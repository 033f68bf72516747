//! A timer's way through the instances of a module, and what is counted on it.

use std::time::{Duration, Instant};

use crate::call::generation::Ticked;
use crate::image::exports::LinkedTimer;
use crate::image::image::Image;

/// The instances of one place in a module, while they are gone through, or those of them that were in use.
pub(crate) struct Ticking<'t> {
    pub(crate) timer: &'t LinkedTimer,
    /// The version that the timer is of.
    pub(crate) image: &'static Image,
    /// When others get their turn.
    pub(crate) until: Instant,
    pub(crate) counts: &'t mut TimerCounts,
}

impl Ticking<'_> {
    /// Counts how a call ended. Whether the time is over.
    pub(crate) fn count(&mut self, ticked: Ticked) -> bool {
        self.counts.add(ticked);
        Instant::now() >= self.until
    }
}

/// What is to be added to a report.
#[derive(Default)]
pub(crate) struct TimerCounts {
    pub(crate) runs: u64,
    pub(crate) panics: u64,
    pub(crate) elsewhere: u64,
    pub(crate) longest: Duration,
    /// What the last panic said.
    pub(crate) panic: Option<String>,
}

impl TimerCounts {
    pub(crate) fn add(&mut self, ticked: Ticked) {
        let took = match ticked {
            Ticked::Elsewhere => {
                self.elsewhere += 1;
                return;
            }
            Ticked::Gone => return,
            Ticked::Panicked(took, message) => {
                self.panics += 1;
                self.panic = Some(message);
                took
            }
            Ticked::Done(took) => took,
        };
        self.runs += 1;
        self.longest = self.longest.max(took);
    }
}
