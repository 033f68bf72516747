//! Functions marked `#[hotmod::every]`: when each is due, and what came of it.
//!
//! This file calls nothing; [`ticking`](super::ticking) does what is due here.

use std::fmt;
#[cfg(feature = "signals")]
use std::sync::Condvar;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use hotmod::printed::lines;

use crate::call::generation::Ticked;
use crate::image::exports::LinkedTimer;
use crate::image::image::Image;
use crate::later::Pause;
use crate::module::settle::KnownInstances;
use crate::module::ticked::{Ticking, TimerCounts};

/// Of how many timers that a version lacks the numbers are kept, for one that has them again.
const MOST_GONE: usize = 256;

/// What became of the runs of a function marked [`#[hotmod::every]`](macro@hotmod::every), over all versions that have
/// one of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimerReport {
    /// The function, as `World::tick` or `clean`.
    pub name: String,
    /// The type of the states that it is called with; `None` if it takes none.
    pub state: Option<String>,
    /// How often it is due.
    pub period: Duration,
    /// How often it was called, with all instances together.
    pub runs: u64,
    /// How many of these calls panicked.
    pub panics: u64,
    /// How often an instance was left out since it was in use by others until the next run was due.
    pub in_use: u64,
    /// How often an instance was left out since it was at another version than the published one: it follows a
    /// candidate, or does not fit.
    pub elsewhere: u64,
    /// How many times at which it was due were left out, since the run before was not over.
    pub late: u64,
    /// How long after it was due a run began at most.
    pub latest: Duration,
    /// How long the longest call took.
    pub longest: Duration,
}

impl fmt::Display for TimerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let TimerReport {
                name,
                state: _,
                period,
                runs,
                panics,
                in_use,
                elsewhere,
                late,
                latest,
                longest,
            } = self;
            write!(
                f,
                "{name} every {period:?}: {runs} runs, {panics} panics; left out: {in_use} in use, {elsewhere} at \
                 other versions, {late} times; {latest:.1?} late at most, {longest:.1?} the longest"
            )
        })
    }
}

/// How far a run has come.
struct TimerRun {
    parts: Vec<PartOfRun>,
    /// When to come back to what was in use.
    again: Instant,
    pause: Pause,
}

/// Instances of one pool, or a shared one.
struct PartOfRun {
    known: Weak<dyn KnownInstances>,
    /// The place to go on from; `None` once all were met.
    next: Option<usize>,
    /// The places that were in use.
    busy: Vec<usize>,
}

/// The timers of a module.
#[derive(Default)]
pub(crate) struct Timers {
    schedule: Mutex<Schedule>,
    /// Notified when what was due is done.
    #[cfg(feature = "signals")]
    done: Condvar,
}

#[derive(Default)]
struct Schedule {
    /// What was asked last goes on; what was asked before ends.
    asked: u64,
    /// Whether nothing is to be called any more.
    is_over: bool,
    /// Whether something that was due is being called.
    is_running: bool,
    /// Whether nothing is due before the next call of [`Timers::ask`].
    is_idle: bool,
    /// The version whose timers these are.
    of: Option<&'static Image>,
    timers: Vec<ScheduledTimer>,
    /// Reports of timers that the version lacks.
    gone: Vec<TimerReport>,
}

struct ScheduledTimer {
    timer: LinkedTimer,
    due: Instant,
    run: Option<TimerRun>,
    report: TimerReport,
}

/// What is to be done next.
pub(crate) enum NextTimer {
    /// Nothing, before the next call of [`Timers::ask`].
    Nothing,
    /// Nothing before so long.
    After(Duration),
    Now(Box<DueTimer>),
}

/// A timer that is due, taken out of the schedule.
pub(crate) struct DueTimer {
    pub(crate) timer: LinkedTimer,
    pub(crate) image: &'static Image,
    run: Option<TimerRun>,
    counts: TimerCounts,
    late: Duration,
}

/// A panic that is to be told.
pub(crate) struct TimerPanic {
    pub(crate) message: String,
    /// How many there were by now.
    pub(crate) count: u64,
}

impl Timers {
    /// Has what is due be looked at anew. Returns the number of this request.
    pub(crate) fn ask(&self) -> u64 {
        let mut schedule = self.schedule();
        schedule.asked += 1;
        schedule.is_idle = false;
        schedule.asked
    }

    /// Whether nothing is looked at before the next call of [`Timers::ask`].
    pub(crate) fn is_idle(&self) -> bool {
        let schedule = self.schedule();
        schedule.is_idle || schedule.asked == 0
    }

    /// What is due in the version. `None` if there is a later request, so that this one is over.
    pub(crate) fn next(
        &self,
        asked: u64,
        image: &'static Image,
        known: &[Weak<dyn KnownInstances>],
    ) -> Option<NextTimer> {
        let mut schedule = self.schedule();
        if schedule.asked != asked || schedule.is_over {
            return None;
        }
        let now = Instant::now();
        schedule.follow(image, now);
        let may_run = |it: &&mut ScheduledTimer| it.timer.state.is_none() || !known.is_empty();
        let timers = schedule.timers.iter_mut().filter(may_run);
        let Some(next) = timers.min_by_key(|it| it.at()) else {
            schedule.is_idle = true;
            return Some(NextTimer::Nothing);
        };
        if let Some(wait) = next.at().checked_duration_since(now)
            && !wait.is_zero()
        {
            return Some(NextTimer::After(wait));
        }
        let run = next.run.take();
        let late = match run {
            Some(_) => Duration::ZERO,
            None => now.saturating_duration_since(next.due),
        };
        let run = run.or_else(|| next.timer.state.as_ref().map(|_| TimerRun::new(known)));
        let timer = next.timer.clone();
        schedule.is_running = true;
        Some(NextTimer::Now(Box::new(DueTimer {
            timer,
            image,
            run,
            counts: TimerCounts::default(),
            late,
        })))
    }

    /// Notes how far a run has come.
    pub(crate) fn note(&self, done: Box<DueTimer>) -> Option<TimerPanic> {
        let mut schedule = self.schedule();
        schedule.is_running = false;
        #[cfg(feature = "signals")]
        self.done.notify_all();
        let now = Instant::now();
        let is_its = schedule.of.is_some_and(|of| std::ptr::eq(of, done.image));
        let name = &done.timer.name;
        let timer = schedule.timers.iter_mut().find(|it| it.timer.name == *name);
        let mut nowhere = TimerReport::default();
        let report = match timer {
            Some(timer) => {
                let left_out = match done.run {
                    Some(run) if is_its && now < timer.end() => {
                        timer.run = Some(run);
                        0
                    }
                    run => {
                        timer.finish(now);
                        run.map_or(0, |run| run.left())
                    }
                };
                timer.report.in_use += left_out;
                &mut timer.report
            }
            None => {
                let gone = schedule.gone.iter_mut().find(|it| it.name == *name);
                gone.unwrap_or(&mut nowhere)
            }
        };
        report.latest = report.latest.max(done.late);
        report.add(done.counts)
    }

    /// Notes calls of instances that their owner has made.
    pub(crate) fn note_own(
        &self,
        name: &str,
        image: &'static Image,
        ticked: Ticked,
    ) -> Option<TimerPanic> {
        let mut counts = TimerCounts::default();
        counts.add(ticked);
        let mut schedule = self.schedule();
        schedule.follow(image, Instant::now());
        let timer = schedule.timers.iter_mut().find(|it| it.timer.name == name);
        timer.and_then(|it| it.report.add(counts))
    }

    /// What came of the timers that this version has.
    pub(crate) fn reports(&self, image: &'static Image) -> Vec<TimerReport> {
        let mut schedule = self.schedule();
        schedule.follow(image, Instant::now());
        schedule.timers.iter().map(|it| it.report.clone()).collect()
    }

    /// Has nothing be called any more. `false` if a call goes on still at the deadline.
    #[cfg(feature = "signals")]
    pub(crate) fn stop(&self, deadline: Instant) -> bool {
        let mut schedule = self.schedule();
        schedule.is_over = true;
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self
            .done
            .wait_timeout_while(schedule, left, |schedule| schedule.is_running);
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_running
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        // Nothing of a user's runs while it is locked.
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Schedule {
    /// Has the timers be those of this version. One that stays is due when it was.
    fn follow(&mut self, image: &'static Image, now: Instant) {
        if self.of.is_some_and(|of| std::ptr::eq(of, image)) {
            return;
        }
        self.of = Some(image);
        let before = std::mem::take(&mut self.timers);
        let mut dues = Vec::new();
        for mut timer in before {
            if timer.run.take().is_some() {
                // Some of the instances were called, and are not to be called again at once.
                timer.finish(now);
            }
            dues.push((timer.timer.name.clone(), timer.timer.period, timer.due));
            self.gone.push(timer.report);
        }
        let forgotten = self.gone.len().saturating_sub(MOST_GONE);
        self.gone.drain(..forgotten);
        for timer in &*image.exports().timers {
            let due = dues
                .iter()
                .find(|(name, period, _)| (name, *period) == (&timer.name, timer.period));
            let known = self.gone.iter().position(|it| it.name == timer.name);
            let report = TimerReport {
                name: timer.name.clone(),
                state: timer.state.as_ref().map(ToString::to_string),
                period: timer.period,
                ..known.map(|at| self.gone.remove(at)).unwrap_or_default()
            };
            self.timers.push(ScheduledTimer {
                due: due.map_or(now + timer.period, |(_, _, due)| *due),
                timer: timer.clone(),
                run: None,
                report,
            });
        }
    }
}

impl ScheduledTimer {
    /// When there is something to do.
    fn at(&self) -> Instant {
        self.run.as_ref().map_or(self.due, |run| run.again)
    }

    /// When the run is to be over.
    fn end(&self) -> Instant {
        self.due + self.timer.period
    }

    /// The run is over: it is due next at the first time that lies ahead.
    fn finish(&mut self, now: Instant) {
        if now < self.due {
            return;
        }
        let passed = now.saturating_duration_since(self.due).as_nanos();
        let late = u32::try_from(passed / self.timer.period.as_nanos()).unwrap_or(u32::MAX);
        self.report.late += u64::from(late);
        self.due = match self.timer.period.checked_mul(late.saturating_add(1)) {
            Some(ahead) if late < u32::MAX => self.due + ahead,
            _ => now + self.timer.period,
        };
    }
}

impl TimerReport {
    fn add(&mut self, counts: TimerCounts) -> Option<TimerPanic> {
        let before = self.panics;
        self.runs += counts.runs;
        self.panics += counts.panics;
        self.elsewhere += counts.elsewhere;
        self.longest = self.longest.max(counts.longest);
        // The first, the second, the fourth: a timer that always panics is not told of all the time.
        let is_told = self.panics.checked_ilog2() > before.checked_ilog2();
        let message = counts.panic.filter(|_| is_told)?;
        Some(TimerPanic {
            message,
            count: self.panics,
        })
    }
}

impl DueTimer {
    /// Calls instances until the time is over. A run that is through with all of them is gone then.
    pub(crate) fn go_on(&mut self, until: Instant) {
        let Some(run) = &mut self.run else { return };
        let mut ticking = Ticking {
            timer: &self.timer,
            image: self.image,
            until,
            counts: &mut self.counts,
        };
        for part in &mut run.parts {
            let Some(known) = part.known.upgrade() else {
                part.next = None;
                part.busy.clear();
                continue;
            };
            if let Some(next) = part.next {
                part.next = known.tick(&mut ticking, next, &mut part.busy);
            } else if !part.busy.is_empty() {
                let busy = std::mem::take(&mut part.busy);
                for (at, place) in busy.iter().enumerate() {
                    if known.tick_again(&mut ticking, *place, &mut part.busy) {
                        part.busy.extend(&busy[at + 1..]);
                        break;
                    }
                }
            }
            if Instant::now() >= until {
                break;
            }
        }
        let are_met = run.parts.iter().all(|it| it.next.is_none());
        run.again = Instant::now();
        if are_met {
            run.again += run.pause.next();
            if run.left() == 0 {
                self.run = None;
            }
        }
    }

    /// Counts the call of a function that takes no state.
    pub(crate) fn count(&mut self, ticked: Ticked) {
        self.counts.add(ticked);
    }
}

impl TimerRun {
    fn new(known: &[Weak<dyn KnownInstances>]) -> Self {
        let parts = known.iter().map(|known| PartOfRun {
            known: known.clone(),
            next: Some(0),
            busy: Vec::new(),
        });
        TimerRun {
            parts: parts.collect(),
            again: Instant::now(),
            pause: Pause::new(),
        }
    }

    /// How many instances were in use when they were met last.
    fn left(&self) -> u64 {
        self.parts.iter().map(|it| it.busy.len() as u64).sum()
    }
}
