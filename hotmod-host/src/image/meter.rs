//! What the calls of a version come to, where the host was built to measure them.
//!
//! Counting takes a call a few nanoseconds and reading the clock twice many more. So a host has to ask for it, each call
//! is counted, and one in so many is timed, chosen at random: every n-th would be the same call again and again where a
//! thread makes n calls in turn.

use std::cell::Cell;
use std::fmt;
use std::ops::AddAssign;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It returned.
    Done,
    /// It returned an `Err`.
    Failed,
    /// It panicked.
    Panicked,
}

impl Outcome {
    /// Of a call that returned, an `Err` or not.
    pub(crate) fn of(is_err: bool) -> Self {
        match is_err {
            true => Outcome::Failed,
            false => Outcome::Done,
        }
    }
}

/// How many counters there are: threads spread over them so that they seldom share one.
pub(crate) const SHARDS: usize = 16;

/// The bounds of the buckets within a decade, in tenths of where it begins.
const STEPS: [u64; 6] = [10, 15, 20, 30, 50, 70];

/// How many bounds there are: those of eight decades from 100 ns on, and the end of the last, 10 s.
const BOUNDS: usize = 8 * STEPS.len() + 1;

/// Below which time, in nanoseconds, a call belongs to each bucket. The last has no end.
const BUCKET_ENDS: [u64; BOUNDS] = {
    let mut ends = [0; BOUNDS];
    let mut place = 0;
    while place < BOUNDS {
        ends[place] = STEPS[place % STEPS.len()] * 10_u64.pow((place / STEPS.len()) as u32 + 1);
        place += 1;
    }
    ends
};

/// How often a call took so long, by bucket.
type Buckets = [AtomicU64; BOUNDS + 1];

/// Measures the calls of a version. All counters are Relaxed: other threads go on changing each sum, and no read relies
/// on having seen the value of another counter.
pub(crate) struct CallMeter {
    /// One call in so many is timed; none if it is 0.
    one_in: u32,
    shards: [MeterShard; SHARDS],
}

#[repr(align(64))]
#[derive(Default)]
struct MeterShard {
    calls: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    /// How long those that were timed took together.
    nanoseconds: AtomicU64,
    /// Made when a call is timed: there are as many as threads, and not as shards.
    buckets: OnceLock<Box<Buckets>>,
}

/// What a thread knows of the calls that it makes.
#[derive(Clone, Copy)]
struct OfThread {
    /// Which shard it counts in. More than there are before its first call.
    shard: usize,
    /// How many calls it makes before the next that is timed.
    untimed: u32,
    /// The last random number. Never 0.
    random: u32,
}

thread_local! {
    // It has no destructor, so a call that another destructor makes finds it.
    static OF_THREAD: Cell<OfThread> = const {
        Cell::new(OfThread { shard: SHARDS, untimed: 0, random: 1 })
    };
}

/// Which shard the calls of this thread are counted in.
pub(crate) fn shard() -> usize {
    of_thread().shard
}

#[inline]
fn of_thread() -> OfThread {
    let mine = OF_THREAD.get();
    match mine.shard < SHARDS {
        true => mine,
        false => first_call(),
    }
}

#[cold]
fn first_call() -> OfThread {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: that threads get different numbers is all that matters.
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mine = OfThread {
        shard: number % SHARDS,
        untimed: 0,
        // Odd, and so not 0.
        random: (number as u32).wrapping_mul(0x9E37_79B9) | 1,
    };
    OF_THREAD.set(mine);
    mine
}

impl OfThread {
    /// Whether the next call is timed, if one in so many is. The gaps between two that are differ at random, from one
    /// call to one less than twice so many.
    #[inline]
    fn times_next(mut self, one_in: u32) -> bool {
        if one_in <= 1 {
            return one_in == 1;
        }
        let is_timed = self.untimed == 0;
        if is_timed {
            // Marsaglia's xorshift of 32 bits, whose period is 2^32 - 1.
            self.random ^= self.random << 13;
            self.random ^= self.random >> 17;
            self.random ^= self.random << 5;
            let gaps = u64::from(one_in) * 2 - 1;
            // Less than `gaps`, which is less than 2^33: the product keeps the upper bits of the number.
            let gap = (u64::from(self.random) * gaps) >> 32;
            self.untimed = u32::try_from(gap).unwrap_or(u32::MAX);
        } else {
            self.untimed -= 1;
        }
        OF_THREAD.set(self);
        is_timed
    }
}

/// A call that is measured.
pub(crate) struct Metered<'m> {
    shard: &'m MeterShard,
    start: Option<Instant>,
}

impl Metered<'_> {
    /// Counts the call, which has ended.
    #[inline]
    pub(crate) fn end(self, outcome: Outcome) {
        let took = self.start.map(|start| start.elapsed());
        self.shard.count(took, outcome);
    }
}

impl MeterShard {
    #[inline]
    fn count(&self, took: Option<Duration>, outcome: Outcome) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match outcome {
            Outcome::Done => {}
            Outcome::Failed => drop(self.failed.fetch_add(1, Ordering::Relaxed)),
            Outcome::Panicked => drop(self.panicked.fetch_add(1, Ordering::Relaxed)),
        }
        if let Some(took) = took {
            self.time(took);
        }
    }

    #[inline(never)]
    fn time(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BUCKET_ENDS.partition_point(|end| *end < nanoseconds);
        let buckets = self
            .buckets
            .get_or_init(|| Box::new(std::array::from_fn(|_| AtomicU64::new(0))));
        buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl CallMeter {
    /// Counts all calls, and times one in so many; none if that is 0.
    pub(crate) fn new(one_in: u32) -> Self {
        CallMeter {
            one_in,
            shards: Default::default(),
        }
    }

    /// Begins to measure a call of this thread's.
    #[inline]
    pub(crate) fn begin(&self) -> Metered<'_> {
        let mine = of_thread();
        Metered {
            shard: &self.shards[mine.shard % SHARDS],
            start: mine.times_next(self.one_in).then(Instant::now),
        }
    }

    /// Counts a call that was timed anyway. Its time is kept as often as that of any other.
    pub(crate) fn count(&self, took: Duration, outcome: Outcome) {
        let mine = of_thread();
        let took = mine.times_next(self.one_in).then_some(took);
        self.shards[mine.shard % SHARDS].count(took, outcome);
    }

    /// What was counted so far.
    pub(crate) fn measured(&self) -> MeasuredCalls {
        let mut measured = MeasuredCalls::default();
        for shard in &self.shards {
            measured.calls += shard.calls.load(Ordering::Relaxed);
            measured.errors += shard.failed.load(Ordering::Relaxed);
            measured.panics += shard.panicked.load(Ordering::Relaxed);
            let nanoseconds = shard.nanoseconds.load(Ordering::Relaxed);
            measured.times.total += Duration::from_nanos(nanoseconds);
            for (sum, count) in measured
                .times
                .counts
                .iter_mut()
                .zip(shard.buckets.get().iter().flat_map(|it| it.iter()))
            {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        measured
    }
}

/// What the calls of a version came to since it was loaded, where the host measures them
/// ([`HostBuilder::measure_calls`](crate::HostBuilder::measure_calls)).
///
/// Those of several versions can be added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MeasuredCalls {
    /// All calls that have ended: of its exports, by the host and by other modules, and of its timers. One of an `async`
    /// export is one call, however often it is polled.
    pub calls: u64,
    /// Those that returned an `Err`, or whose values did not fit.
    pub errors: u64,
    /// Those that panicked.
    pub panics: u64,
    /// How long those took that were timed.
    pub times: CallTimes,
}

/// How long calls took: how many of them how long, by buckets whose ends are 1, 1.5, 2, 3, 5 and 7 times 100 ns, 1 µs and
/// so on to 10 s.
#[derive(Clone, PartialEq, Eq)]
pub struct CallTimes {
    total: Duration,
    counts: [u64; BOUNDS + 1],
}

impl CallTimes {
    /// How many calls were timed.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How long they took together.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// For each bucket, the longest that a call in it took, and how many are in it. The last has no end.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<Duration>, u64)> + '_ {
        let ends = BUCKET_ENDS.iter().copied().map(Duration::from_nanos);
        ends.map(Some)
            .chain([None])
            .zip(self.counts.iter().copied())
    }

    /// The time within which this share of the calls ended, such as 0.99: the end of the bucket in which the last of them
    /// is. `None` if no call was timed, or if that is more than 10 s.
    pub fn within(&self, share: f64) -> Option<Duration> {
        // Exact up to 2^53.
        let wanted = (self.count() as f64 * share).ceil().max(1.0);
        let mut within = 0;
        let bucket = self.buckets().find(|(_, count)| {
            within += count;
            within as f64 >= wanted
        });
        bucket?.0
    }
}

impl Default for CallTimes {
    fn default() -> Self {
        CallTimes {
            total: Duration::ZERO,
            counts: [0; BOUNDS + 1],
        }
    }
}

impl fmt::Debug for CallTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (end, count) in self.buckets().filter(|(_, count)| *count > 0) {
            map.entry(&end, &count);
        }
        map.finish()
    }
}

impl AddAssign<&MeasuredCalls> for MeasuredCalls {
    fn add_assign(&mut self, other: &MeasuredCalls) {
        let MeasuredCalls {
            calls,
            errors,
            panics,
            times,
        } = other;
        self.calls += calls;
        self.errors += errors;
        self.panics += panics;
        self.times.total += times.total;
        for (sum, count) in self.times.counts.iter_mut().zip(times.counts) {
            *sum += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_buckets_whose_ends_they_do_not_exceed() {
        let meter = CallMeter::new(1);
        for nanoseconds in [1, 100, 101, 150, 999, 1000, 10_000_000_000, 10_000_000_001] {
            meter.count(Duration::from_nanos(nanoseconds), Outcome::Done);
        }
        let times = meter.measured().times;
        let found: Vec<_> = times.buckets().filter(|(_, count)| *count > 0).collect();
        let nanos = |nanos| Some(Duration::from_nanos(nanos));
        assert_eq!(
            found,
            [
                (nanos(100), 2),
                (nanos(150), 2),
                (nanos(1000), 2),
                (nanos(10_000_000_000), 1),
                (None, 1)
            ]
        );
        assert_eq!(
            (times.within(0.5), times.within(0.75)),
            (nanos(150), nanos(1000))
        );
        assert_eq!(times.within(1.0), None);
        assert_eq!(CallTimes::default().within(0.5), None);
    }

    #[test]
    fn all_are_counted_and_as_many_are_timed_as_was_asked_for() {
        let count = |one_in: u32, calls: u32| {
            let meter = CallMeter::new(one_in);
            for call in 0..calls {
                let outcome = match call % 10 {
                    0 => Outcome::Failed,
                    1 => Outcome::Panicked,
                    _ => Outcome::Done,
                };
                meter.begin().end(outcome);
            }
            let measured = meter.measured();
            assert_eq!(measured.calls, u64::from(calls));
            assert_eq!(measured.errors, u64::from(calls / 10));
            assert_eq!(measured.panics, u64::from(calls / 10));
            measured.times.count()
        };
        assert_eq!(count(0, 1000), 0);
        assert_eq!(count(1, 1000), 1000);
        // The number of those that are timed spreads by less than a hundredth: gaps are uniform up to twice the mean.
        let timed = count(16, 1_600_000);
        assert!((95_000..105_000).contains(&timed), "{timed}");
    }

    #[test]
    fn none_of_some_calls_in_turn_is_timed_more_often_than_another() {
        let mut timed = [0_u32; 16];
        for call in 0..1_600_000 {
            let is_timed = of_thread().times_next(16);
            timed[call % 16] += u32::from(is_timed);
        }
        let (least, most) = (timed.iter().min(), timed.iter().max());
        assert!(least > Some(&5_500) && most < Some(&7_000), "{timed:?}");
    }
}
