//! How long calls take.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hotmod_host::Instance;

use super::{load, update};
use hotmod_tests::interfaces::vault::Vault;

/// For each power of two of nanoseconds so many steps.
const STEPS: u64 = 16;

/// How many calls took how long, to a sixteenth.
pub(super) struct Latency(Vec<AtomicU64>);

impl Default for Latency {
    fn default() -> Self {
        Latency((0..64 * STEPS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Latency {
    pub(super) fn note(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos())
            .unwrap_or(u64::MAX)
            .max(STEPS);
        let power = u64::from(nanos.ilog2());
        let step = (nanos >> (power - 4)) - STEPS;
        self.0[(power * STEPS + step) as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|it| it.load(Ordering::Relaxed)).sum()
    }

    /// What this share of the calls took at most.
    pub(super) fn most_of(&self, share: f64) -> Duration {
        let mut left = (self.count() as f64 * share) as u64;
        for (place, count) in self.0.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count > left {
                let (power, step) = (place as u64 / STEPS, place as u64 % STEPS);
                return Duration::from_nanos((STEPS + step + 1) << power.saturating_sub(4));
            }
            left -= count;
        }
        Duration::MAX
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [half, most, all] = [0.5, 0.999, 0.999_999].map(|share| self.most_of(share));
        write!(
            f,
            "{} calls, half of them in {half:.1?}, 99.9 % in {most:.1?}, all but one in a million in {all:.1?}",
            self.count()
        )
    }
}

/// How long the migration of one value takes, with what it takes to come to it among so many: this share of them at most.
pub(super) fn one_value(kind: &str, entries: u64, share: f64) -> Duration {
    const KEYS: u64 = 100_000;
    let module = load();
    let mut vault: Instance<dyn Vault> = module.create(kind).expect("a vault");
    vault.fill(entries).expect("a call");
    update(&module, "level");
    vault.migrate().expect("it fits");
    // Far from each other, as those are that calls come for.
    let keys = (0..entries).step_by((entries / KEYS).max(1) as usize);
    let mut times: Vec<Duration> = keys
        .map(|key| {
            let start = Instant::now();
            let gold = vault.gold(key).expect("a call");
            let took = start.elapsed();
            assert_eq!(gold, Ok(key));
            took
        })
        .collect();
    times.sort_unstable();
    times[(times.len() as f64 * share) as usize]
}
