//! Instances whose locks the host knows, and what came of taking them along at once.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use hotmod::printed::lines;
use slab::Slab;

use crate::ahead::ahead;
use crate::call::slot::ThreadAt;
use crate::image::image::Image;
use crate::migrate::{MigrateError, Sampling};
use crate::module::pause::Sampler;
use crate::module::straggler::Straggler;
use crate::module::ticked::Ticking;

/// How many instances of each kind a report names.
pub(crate) const TOLD: usize = 20;

/// What came of taking instances to the current version at once: by
/// [`UpdateOptions::settle`](crate::UpdateOptions::settle),
/// [`RollbackOptions::settle`](crate::RollbackOptions::settle), [`CanaryOptions::settle`](crate::CanaryOptions::settle) or
/// [`Module::settle`](crate::Module::settle).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettleReport {
    /// How many instances it took there. Those that moved by themselves meanwhile, because they were called, are not
    /// counted.
    pub migrated: usize,
    /// How many do not fit, and stay at their version. They are tried again when a version is published.
    pub stuck: usize,
    /// Why not, of the first 20 of them; [`Pool::stuck`](crate::Pool::stuck) tells all, with their keys.
    pub reasons: Vec<MigrateError>,
    /// How many were still to be taken there when the time was over. They follow at their next exclusive use, or when
    /// a sweeper comes to them.
    pub remaining: usize,
    /// How many of those were in use, by other threads or by the one that settled.
    pub in_use: usize,
    /// Which threads used them, of the first 20, and what they did. Of several threads that used one by `&self`
    /// methods, the last that began.
    pub stragglers: Vec<Straggler>,
    /// How many values of [`Lazy`](hotmod::Lazy)s it took to the version of their instance. Those that were used
    /// meanwhile are not counted.
    pub followed: usize,
    /// How many of them do not fit, and stay at their version.
    pub values_stuck: usize,
    /// Whether there may be values that are still to be taken along. They follow when they are used, or when a sweeper
    /// comes to them.
    pub values_remain: bool,
    /// How many instances are not at the current version and neither in a pool nor shared: only their owners can take
    /// them there, and do so when they call them exclusively.
    pub outside: usize,
    /// The version that was published meanwhile, if one was: then this ended early.
    pub overtaken_by: Option<String>,
    /// How long it took.
    pub took: Duration,
}

impl SettleReport {
    /// Whether every instance of a pool, and every shared one, is at the current version with all of its values.
    pub fn is_settled(&self) -> bool {
        let are_values = self.values_stuck == 0 && !self.values_remain;
        self.stuck == 0 && self.remaining == 0 && are_values && self.overtaken_by.is_none()
    }
}

impl fmt::Display for SettleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let SettleReport {
                migrated,
                stuck,
                remaining,
                in_use,
                followed,
                values_stuck,
                outside,
                took,
                ..
            } = self;
            write!(
                f,
                "{migrated} instances migrated in {took:.1?}, {stuck} stuck; {remaining} remain, {in_use} of them \
                 in use"
            )?;
            if *followed + *values_stuck > 0 {
                write!(f, "; {followed} values followed, {values_stuck} stuck")?;
            }
            if self.values_remain {
                write!(f, "; values remain")?;
            }
            if *outside > 0 {
                write!(
                    f,
                    "; {outside} outside of pools follow when they are called exclusively"
                )?;
            }
            if let Some(version) = &self.overtaken_by {
                write!(f, "; it ended when {version} was published")?;
            }
            for reason in &self.reasons {
                write!(f, "\n    stuck: {reason}")?;
            }
            for straggler in &self.stragglers {
                write!(f, "\n    in use: {straggler}")?;
            }
            Ok(())
        })
    }
}

/// Instances of a module whose locks the host knows: those of a pool, or a shared one.
pub(crate) trait KnownInstances: Send + Sync {
    /// Goes once around those that wait to be taken along.
    fn go_around(&self, round: &mut Round);

    /// Adds to the report how they stand.
    fn stand(&self, report: &mut SettleReport);

    /// Their interface, and how many of them are at the version that a plan starts from.
    fn at_start(&self, sampling: &Sampling) -> (&'static str, usize);

    /// Has those that the plan would change looked into, and values in them, as long as there is time.
    fn sample(&self, sampler: &mut Sampler<'_>);

    /// Calls a timer with them, from a place on, until the time is over: each that is not in use. Returns the place to
    /// go on from; `None` if all were met.
    fn tick(&self, ticking: &mut Ticking<'_>, from: usize, busy: &mut Vec<usize>) -> Option<usize>;

    /// Comes back to the instance at a place that was in use. Whether the time is over.
    fn tick_again(&self, ticking: &mut Ticking<'_>, place: usize, busy: &mut Vec<usize>) -> bool;

    /// How many of them are not at this version.
    fn elsewhere(&self, image: &Image) -> usize;
}

/// Once around the instances that wait.
pub(crate) struct Round {
    /// When the time is over.
    pub(crate) until: Option<Instant>,
    /// How long each that is in use is waited for.
    pub(crate) patience: Duration,
    /// Where they are to go.
    pub(crate) target: &'static Image,
    pub(crate) migrated: usize,
    /// How many values of `Lazy`s followed, and how many were found not to fit.
    pub(crate) followed: usize,
    pub(crate) values_stuck: usize,
    /// Whether there may be values that are still to be taken along.
    pub(crate) values_remain: bool,
    /// Whether the thread that settles uses an instance that holds some of them.
    pub(crate) own_values: bool,
    /// How many were in use by another thread.
    pub(crate) in_use: usize,
    /// How many were in use by the thread that settles.
    pub(crate) own: usize,
    /// By which threads, and the version that each was at, of as many as are told.
    pub(crate) users: Vec<(ThreadAt, &'static Image)>,
}

impl Round {
    /// Whether there is no time left, or nothing more to be done.
    pub(crate) fn is_over(&self, current: &Image) -> bool {
        let is_late = self.until.is_some_and(|until| until <= Instant::now());
        is_late || !std::ptr::eq(current, self.target)
    }

    /// Notes the thread that uses an instance at this version.
    pub(crate) fn used_by(&mut self, thread: Option<ThreadAt>, at: &'static Image) {
        if self.users.len() < TOLD {
            self.users.extend(thread.map(|thread| (thread, at)));
        }
    }

    /// Until when an instance that is in use is waited for.
    pub(crate) fn deadline(&self) -> Instant {
        let patience = ahead(self.patience);
        self.until.map_or(patience, |until| until.min(patience))
    }
}

/// The instances of a module whose locks the host knows.
#[derive(Default)]
pub(crate) struct KnownLocks(Mutex<Slab<Weak<dyn KnownInstances>>>);

impl KnownLocks {
    /// All that there are.
    pub(crate) fn all(&self) -> Vec<Arc<dyn KnownInstances>> {
        let known = self.lock();
        known.iter().filter_map(|(_, it)| it.upgrade()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Slab<Weak<dyn KnownInstances>>> {
        // They are added and removed whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of instances among those that a module knows, until this is dropped.
#[derive(Default)]
pub(crate) struct Listing(OnceLock<(Arc<KnownLocks>, usize)>);

impl Listing {
    /// Has the module know the instances, which hold this.
    pub(crate) fn list(&self, known: &Arc<KnownLocks>, instances: Weak<dyn KnownInstances>) {
        let place = known.lock().insert(instances);
        let listed = self.0.set((known.clone(), place));
        debug_assert!(listed.is_ok(), "instances are listed once");
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        if let Some((known, place)) = self.0.get() {
            let gone = known.lock().try_remove(*place);
            // Not under the lock.
            drop(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_came_of_it() {
        let nothing = SettleReport::default();
        assert!(nothing.is_settled());
        let report = SettleReport {
            migrated: 3,
            stuck: 1,
            reasons: vec![MigrateError {
                path: "World.gold".to_owned(),
                reason: "70000 does not fit".to_owned(),
                from: "1.0.0".to_owned(),
                to: "2.0.0".to_owned(),
            }],
            remaining: 1,
            in_use: 1,
            followed: 5,
            values_stuck: 1,
            values_remain: true,
            stragglers: vec![Straggler {
                is_suspended: false,
                is_cancelled: false,
                awaits: None,
                thread: "main".to_owned(),
                export: "Game::wait".to_owned(),
                version: "1.0.0".to_owned(),
                age: Duration::from_secs(2),
                within: None,
            }],
            outside: 2,
            overtaken_by: Some("3.0.0".to_owned()),
            took: Duration::from_millis(1500),
        };
        assert!(!report.is_settled());
        let text = report.to_string();
        let (first, rest) = text.split_once('\n').expect("lines");
        assert_eq!(
            first,
            "3 instances migrated in 1.5s, 1 stuck; 1 remain, 1 of them in use; 5 values followed, 1 stuck; values \
             remain; 2 outside of pools follow when they are called exclusively; it ended when 3.0.0 was published"
        );
        assert!(
            rest.contains("    stuck: ") && rest.contains("70000 does not fit"),
            "{rest}"
        );
        assert!(
            rest.ends_with("    in use: main: `Game::wait` of version 1.0.0 runs for 2s at least"),
            "{rest}"
        );
    }
}
