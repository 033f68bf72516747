//! The counts of a trial generation's calls, and the limits that they have to keep.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::image::meter::{self, Outcome, SHARDS};

#[repr(align(64))]
#[derive(Default)]
struct CountShard {
    calls: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    slow: AtomicU64,
    nanoseconds: AtomicU64,
    slowest: AtomicU64,
}

/// Counts calls and holds them against limits. All counters are Relaxed: other threads go on changing
/// each sum, and no read relies on having seen the value of another counter.
pub(crate) struct CallWatch {
    limits: CallLimits,
    shards: [CountShard; SHARDS],
    /// Whether a limit was exceeded: `tell` is called once.
    exceeded: AtomicBool,
    tell: Box<dyn Fn(String) + Send + Sync>,
}

/// The limits that a version on trial has to keep: in a probation after an update, or as a canary.
///
/// A limit counts from the [`least`](CallLimits::least) number of calls on, so that one bad call among
/// three is no error rate.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use hotmod_host::CallLimits;
///
/// let limits = CallLimits::new()
///     .panics(0.0)
///     .errors(0.01)
///     .slower_than(Duration::from_millis(5), 0.001)
///     .least(1000);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallLimits {
    panics: Option<f64>,
    errors: Option<f64>,
    slow: Option<(Duration, f64)>,
    least: u64,
}

impl CallLimits {
    /// No limit.
    #[must_use]
    pub fn new() -> Self {
        CallLimits::default()
    }

    /// The greatest share of calls that may panic: 0.0 for none at all.
    #[must_use]
    pub fn panics(mut self, share: f64) -> Self {
        self.panics = Some(share);
        self
    }

    /// The greatest share of calls that may return an `Err` or panic.
    #[must_use]
    pub fn errors(mut self, share: f64) -> Self {
        self.errors = Some(share);
        self
    }

    /// The greatest share of calls that may take longer than this.
    #[must_use]
    pub fn slower_than(mut self, time: Duration, share: f64) -> Self {
        self.slow = Some((time, share));
        self
    }

    /// How many calls there must be before a share means anything; by default one.
    #[must_use]
    pub fn least(mut self, calls: u64) -> Self {
        self.least = calls;
        self
    }

    /// The limit that is exceeded, in words.
    fn exceeded(&self, counts: &CallCounts) -> Option<String> {
        if counts.calls < self.least {
            return None;
        }
        let over = |count: u64, limit: f64, what: &str| {
            // An `f64` holds every count exactly that calls can reach in practice.
            let share = count as f64 / counts.calls.max(1) as f64;
            (share > limit).then(|| {
                let calls = counts.calls;
                format!("{count} of {calls} calls {what}; the limit is a share of {limit}")
            })
        };
        self.panics
            .and_then(|limit| over(counts.panics, limit, "panicked"))
            .or_else(|| {
                let errors = counts.errors + counts.panics;
                self.errors.and_then(|limit| over(errors, limit, "failed"))
            })
            .or_else(|| {
                let (time, limit) = self.slow?;
                over(counts.slow, limit, &format!("took longer than {time:?}"))
            })
    }
}

/// The counts of one generation's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallCounts {
    /// All calls.
    pub calls: u64,
    /// Those that returned an `Err`.
    pub errors: u64,
    /// Those that panicked.
    pub panics: u64,
    /// Those that took longer than the limit on time, if there is one.
    pub slow: u64,
    /// How long all of them took together.
    pub total: Duration,
    /// How long the slowest took.
    pub slowest: Duration,
}

impl CallCounts {
    /// The mean time that a call took.
    pub fn mean(&self) -> Duration {
        let nanoseconds = self.total.as_nanos() / u128::from(self.calls.max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for CallCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallCounts {
            calls,
            errors,
            panics,
            slowest,
            ..
        } = self;
        let mean = self.mean();
        write!(
            f,
            "{calls} calls, {errors} errors, {panics} panics, {mean:?} in the mean, {slowest:?} the \
             slowest"
        )
    }
}

impl CallWatch {
    /// Begins to count. `tell` is called once, on the thread whose call exceeded a limit, with the limit
    /// in words.
    pub(crate) fn new(limits: CallLimits, tell: impl Fn(String) + Send + Sync + 'static) -> Self {
        CallWatch {
            limits,
            shards: Default::default(),
            exceeded: AtomicBool::new(false),
            tell: Box::new(tell),
        }
    }

    /// Counts one call.
    pub(crate) fn count(&self, took: Duration, outcome: Outcome) {
        let shard = &self.shards[meter::shard()];
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        shard.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        shard.slowest.fetch_max(nanoseconds, Ordering::Relaxed);
        let is_slow = self.limits.slow.is_some_and(|(limit, _)| took > limit);
        if is_slow {
            shard.slow.fetch_add(1, Ordering::Relaxed);
        }
        match outcome {
            Outcome::Done => {}
            Outcome::Failed => {
                shard.failed.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Panicked => {
                shard.panicked.fetch_add(1, Ordering::Relaxed);
            }
        }
        shard.calls.fetch_add(1, Ordering::Relaxed);
        if is_slow || outcome != Outcome::Done {
            self.judge();
        }
    }

    /// Calls `tell` if a limit is exceeded and `tell` was not called before.
    pub(crate) fn judge(&self) {
        if self.exceeded.load(Ordering::Relaxed) {
            return;
        }
        if let Some(reason) = self.limits.exceeded(&self.counts())
            && !self.exceeded.swap(true, Ordering::Relaxed)
        {
            (self.tell)(reason);
        }
    }

    /// Whether there were enough calls, and at least one, for the limits to mean anything.
    pub(crate) fn is_judged(&self) -> bool {
        self.counts().calls >= self.limits.least.max(1)
    }

    /// What was counted so far.
    pub(crate) fn counts(&self) -> CallCounts {
        let sum = |of: fn(&CountShard) -> &AtomicU64| {
            let counts = self
                .shards
                .iter()
                .map(|shard| of(shard).load(Ordering::Relaxed));
            counts.fold(0, u64::saturating_add)
        };
        let slowest = self
            .shards
            .iter()
            .map(|s| s.slowest.load(Ordering::Relaxed));
        CallCounts {
            calls: sum(|shard| &shard.calls),
            errors: sum(|shard| &shard.failed),
            panics: sum(|shard| &shard.panicked),
            slow: sum(|shard| &shard.slow),
            total: Duration::from_nanos(sum(|shard| &shard.nanoseconds)),
            slowest: Duration::from_nanos(slowest.max().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::*;

    const SHORT: Duration = Duration::from_micros(1);

    fn watch(limits: CallLimits) -> (CallWatch, Arc<Mutex<Vec<String>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = told.clone();
        let watch = CallWatch::new(limits, move |reason| {
            tell.lock().expect("no thread panicked").push(reason);
        });
        (watch, told)
    }

    #[test]
    fn a_limit_is_told_once_and_not_before_there_are_enough_calls() {
        let (watch, told) = watch(CallLimits::new().errors(0.25).least(4));
        for outcome in [Outcome::Failed, Outcome::Failed, Outcome::Done] {
            watch.count(SHORT, outcome);
        }
        assert!(told.lock().expect("no thread panicked").is_empty());
        watch.count(SHORT, Outcome::Panicked);
        watch.count(SHORT, Outcome::Failed);
        let told = told.lock().expect("no thread panicked");
        assert_eq!(*told, ["3 of 4 calls failed; the limit is a share of 0.25"]);
    }

    #[test]
    fn what_keeps_the_limits_is_counted_and_not_told() {
        let limits = CallLimits::new().panics(0.0).errors(0.5);
        let (watch, told) = watch(limits.slower_than(Duration::from_millis(1), 0.5));
        watch.count(SHORT, Outcome::Done);
        watch.count(2 * SHORT, Outcome::Failed);
        watch.count(Duration::from_millis(3), Outcome::Done);
        assert!(told.lock().expect("no thread panicked").is_empty());
        let counts = watch.counts();
        assert_eq!((counts.calls, counts.errors, counts.slow), (3, 1, 1));
        assert_eq!(counts.slowest, Duration::from_millis(3));
    }

    #[test]
    fn one_panic_exceeds_a_limit_of_none() {
        let (watch, told) = watch(CallLimits::new().panics(0.0));
        watch.count(SHORT, Outcome::Done);
        watch.count(SHORT, Outcome::Panicked);
        let told = told.lock().expect("no thread panicked");
        assert_eq!(*told, ["1 of 2 calls panicked; the limit is a share of 0"]);
    }
}
