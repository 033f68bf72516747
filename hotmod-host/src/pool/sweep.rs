//! Taking the instances of a pool to the current version before their next use does.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hotmod::interface::Interface;

use super::entry::InUseByThisThread;
use super::follow::Followed;
use super::key::PoolKey;
use super::roster::SearchStep;
use super::shared::Pooled;
use super::standing::Standing;
use crate::ahead::ahead;
use crate::sys::process;
use crate::wake::Bell;
use crate::work;

/// What a sweep did, or [`Pool::settle`](crate::Pool::settle).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepReport {
    /// How many instances it took to the current version.
    pub migrated: usize,
    /// How many were found not to fit, and stay at their version.
    pub stuck: usize,
    /// How many it left alone because they were in use.
    pub in_use: usize,
    /// How many are still to be taken there, those in use among them. Stuck instances are not counted.
    pub remaining: usize,
    /// How many values of [`Lazy`](hotmod::Lazy)s it took to the version of their instance.
    pub followed: usize,
    /// How many of them were found not to fit, and stay at their version.
    pub values_stuck: usize,
    /// Whether there may be values that are still to be looked at.
    pub values_remain: bool,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for SweepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SweepReport {
            migrated,
            stuck,
            in_use,
            remaining,
            followed,
            values_stuck,
            values_remain,
            took,
        } = self;
        write!(
            f,
            "{migrated} instances migrated in {took:.1?}, {stuck} stuck; {remaining} remain, {in_use} \
             of them in use"
        )?;
        if *followed + *values_stuck > 0 {
            write!(f, "; {followed} values followed, {values_stuck} stuck")?;
        }
        match values_remain {
            true => write!(f, "; values remain"),
            false => Ok(()),
        }
    }
}

/// How long to wait for values that are in use before looking again.
const AGAIN: Duration = Duration::from_millis(1);

/// How much of the time a sweeper may work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) tick: Duration,
    pub(super) budget: Duration,
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    pub(super) fn sweep(&self, budget: Duration) -> SweepReport {
        let start = Instant::now();
        let waits = |standing: &Standing| standing.waits(self.assignments.number());
        let mut swept = SweepReport::default();
        let mut left = {
            let roster = self.roster.lock();
            let waiting = roster.count_of(waits);
            // Once around: an instance that is in use is met once.
            if waiting > 0 { roster.places() } else { 0 }
        };
        let mut tried = false;
        loop {
            let found = self.roster.lock().next(&mut left, waits);
            match found {
                SearchStep::One(entry, _) => {
                    swept.count(self.follow_in_background(&entry));
                    tried = true;
                }
                SearchStep::NotYet => {}
                SearchStep::End => break,
            }
            if tried && start.elapsed() >= budget {
                break;
            }
        }
        swept.remaining = self.roster.lock().count_of(waits);
        if swept.remaining == 0 || start.elapsed() < budget {
            self.sweep_values(&|| start.elapsed() < budget, &mut swept);
        }
        swept.took = start.elapsed();
        swept
    }

    pub(super) fn settle(&self, within: Option<Duration>) -> SweepReport {
        let start = Instant::now();
        // Without a deadline, if the time is longer than an `Instant` can hold.
        let deadline = within.and_then(|within| start.checked_add(within));
        let is_over = || deadline.is_some_and(|deadline| deadline <= Instant::now());
        let waits = |standing: &Standing| standing.waits(self.assignments.number());
        let mut swept = self.sweep(within.unwrap_or(Duration::MAX));
        while swept.remaining > 0 && !is_over() {
            swept.in_use = 0;
            let mut waited = false;
            let mut left = self.roster.lock().places();
            loop {
                let found = self.roster.lock().next(&mut left, waits);
                match found {
                    SearchStep::One(entry, _) => match entry.exclusive_until(deadline) {
                        Ok(Some(used)) => {
                            swept.count(self.follow_and_leave(&entry, used));
                            waited = true;
                        }
                        Ok(None) | Err(InUseByThisThread) => swept.in_use += 1,
                    },
                    SearchStep::NotYet => {}
                    SearchStep::End => break,
                }
                if is_over() {
                    break;
                }
            }
            swept.remaining = self.roster.lock().count_of(waits);
            if !waited && swept.in_use > 0 {
                // Only this thread uses the instances that are left, and it cannot wait for itself.
                break;
            }
        }
        // Those of instances that came to their version just now, or were in use.
        while swept.values_remain && !is_over() {
            let is_own = self.sweep_values(&|| !is_over(), &mut swept);
            if is_own || swept.remaining > 0 {
                break;
            }
            if swept.values_remain {
                // Something has them in use.
                thread::sleep(AGAIN);
            }
        }
        swept.took = start.elapsed();
        swept
    }
}

impl SweepReport {
    pub(super) fn count(&mut self, followed: Followed) {
        match followed {
            // It may have come part of the way, which does not count as migrated.
            Followed::From(before, after) if after.is_stuck() && !before.is_stuck() => {
                self.stuck += 1;
            }
            Followed::From(before, after) => {
                self.migrated += usize::from(!after.is_at(before.at));
            }
            Followed::InUse => self.in_use += 1,
            Followed::Gone => {}
        }
    }
}

/// The thread that sweeps a pool.
pub(super) struct Sweeper {
    bell: Arc<Bell>,
    /// The thread, and the process that it belongs to.
    thread: Option<(JoinHandle<()>, u32)>,
}

impl Sweeper {
    pub(super) fn start<K: PoolKey, I: Interface + ?Sized + 'static>(
        shared: &Arc<Pooled<K, I>>,
        pace: Pace,
    ) -> io::Result<Self> {
        let bell = shared.bell.clone();
        shared.module.loaded().wakers.add(&bell);
        let thread = spawn(shared.clone(), pace)?;
        let weak = Arc::downgrade(shared);
        bell.wakes(move || {
            if let Some(shared) = weak.upgrade() {
                // If the thread cannot be started, instances still move when they are used.
                let _ = spawn(shared, pace);
            }
        });
        Ok(Sweeper {
            bell,
            thread: Some((thread, process::id())),
        })
    }
}

fn spawn<K: PoolKey, I: Interface + ?Sized + 'static>(
    shared: Arc<Pooled<K, I>>,
    pace: Pace,
) -> io::Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name(format!("sweep {}", shared.module.name()));
    thread.spawn(move || run(&shared, pace))
}

fn run<K: PoolKey, I: Interface + ?Sized>(shared: &Pooled<K, I>, pace: Pace) {
    let mut idle = true;
    let mut due = Instant::now();
    while shared.bell.sleep(idle, due) {
        let _work = work::begin();
        due = ahead(pace.tick);
        let left = std::mem::take(&mut *shared.left.lock());
        drop(left);
        let swept = shared.sweep(pace.budget);
        idle = swept.remaining == 0 && !swept.values_remain;
    }
}

/// Ends the thread, once it is done with the instance that it takes along.
impl Drop for Sweeper {
    fn drop(&mut self) {
        self.bell.end();
        let Some((thread, process)) = self.thread.take() else {
            return;
        };
        if process != process::id() {
            // The thread stayed in the process that this one was forked from: there is none to wait for.
            std::mem::forget(thread);
            return;
        }
        // A migration may drop the pool on the sweeper's own thread, which cannot wait for itself and ends
        // soon.
        if thread.thread().id() != thread::current().id() {
            // If the thread panicked, the panic hook has said so.
            let _ = thread.join();
        }
    }
}
