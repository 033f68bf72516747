//! Stopping in order.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::handlers::Handlers;
use super::report::{GivenUp, StopReport, Unfinished};
use crate::ahead::ahead;
use crate::host::Host;
use crate::update::request;
use crate::watch::watching::Watch;

/// The server is to stop. Once it accepts nothing more, [`finish`](Stopping::finish) has the host stop in order.
///
/// A further `SIGTERM` or `SIGINT` ends the process at once. Dropping this ends the watches, and is no stop in order.
#[must_use = "the host stops in order by `finish`"]
pub struct Stopping {
    pub(super) stop: Stop,
    pub(super) deadline: Duration,
    pub(super) host: Host,
    pub(super) watches: Vec<Watch>,
    /// With them the next signal ends the process.
    pub(super) _handlers: Arc<Handlers>,
}

/// That the server is to stop.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    /// The signal, if one has asked for it.
    pub(super) signal: Option<i32>,
    /// When it was asked for.
    pub(super) since: Instant,
}

impl Stopping {
    /// The signal that asked for it, as the system numbers it.
    pub fn signal(&self) -> Option<i32> {
        self.stop.signal
    }

    /// How much time is left.
    pub fn time_left(&self) -> Duration {
        let passed = self.stop.since.elapsed();
        self.deadline.saturating_sub(passed)
    }

    /// Stops the host in order, within the deadline:
    ///
    /// 1. The watches take nothing more, and updates that were asked for and have not begun are refused.
    /// 2. Updates that have begun end, and so do the watches.
    /// 3. Functions marked [`#[hotmod::every]`](macro@hotmod::every) are not called any more, and those marked
    ///    [`#[hotmod::task]`](macro@hotmod::task) are told to stop, and do.
    /// 4. Calls that updates have left behind end ([`Module::drain_timeout`](crate::Module::drain_timeout)).
    ///
    /// Modules can be called all the while and afterwards: calls in what runs are the server's own, which waits for them
    /// before or after. What has not ended by the deadline is in the report, and goes on until the process ends.
    pub fn finish(mut self) -> StopReport {
        let deadline = ahead(self.time_left());
        self.watches.iter_mut().for_each(Watch::tell_to_end);
        let mut given_up = give_up(&self.host);
        let mut unfinished = Vec::new();
        for watch in std::mem::take(&mut self.watches) {
            let directory = watch.directory().to_owned();
            let left = deadline.saturating_duration_since(Instant::now());
            if !watch.end_timeout(left) {
                unfinished.push(Unfinished::Watch { directory });
            }
        }
        // What a watch asked for just before it was told to end.
        given_up.extend(give_up(&self.host));
        for module in self.host.modules() {
            if !module.loaded().is_still_by(deadline) {
                let module = module.name().to_owned();
                unfinished.push(Unfinished::Update { module });
            }
        }
        for module in self.host.modules() {
            let of = || module.name().to_owned();
            if !module.loaded().timers.stop(deadline) {
                unfinished.push(Unfinished::Timer { module: of() });
            }
            let tasks = module.loaded().tasks.stop(deadline).into_iter();
            unfinished.extend(tasks.map(|task| Unfinished::Task {
                module: of(),
                task: task.to_owned(),
            }));
        }
        for module in self.host.modules() {
            let left = deadline.saturating_duration_since(Instant::now());
            let calls = module.drain_timeout(left).into_iter();
            unfinished.extend(calls.map(|straggler| Unfinished::Call {
                module: module.name().to_owned(),
                straggler,
            }));
        }
        if let Some(journal) = &self.host.settings.journal {
            journal.stops();
        }
        StopReport {
            signal: self.stop.signal,
            given_up,
            unfinished,
            took: self.stop.since.elapsed(),
        }
    }
}

/// Gives up the updates that were asked for and have not begun.
fn give_up(host: &Host) -> Vec<GivenUp> {
    let modules = host.modules().into_iter();
    let given_up = modules.filter_map(|module| {
        let file = request::give_up(module.loaded())?;
        let module = module.name().to_owned();
        Some(GivenUp { module, file })
    });
    given_up.collect()
}

impl fmt::Debug for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopping")
            .field("signal", &self.stop.signal)
            .field("watches", &self.watches)
            .field("time_left", &self.time_left())
            .finish_non_exhaustive()
    }
}
