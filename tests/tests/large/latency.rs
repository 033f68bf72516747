//! How long calls take.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hotmod_host::Instance;

use super::{TOO_MUCH, given, load, update};
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
        self.0[place(took)].fetch_add(1, Ordering::Relaxed);
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

    /// How many calls took longer than this, to a sixteenth.
    pub(super) fn longer_than(&self, longest: Duration) -> u64 {
        let counts = self.0[place(longest) + 1..].iter();
        counts.map(|it| it.load(Ordering::Relaxed)).sum()
    }
}

/// Where calls are counted that took so long.
fn place(took: Duration) -> usize {
    let nanos = u64::try_from(took.as_nanos())
        .unwrap_or(u64::MAX)
        .max(STEPS);
    let power = u64::from(nanos.ilog2());
    let step = (nanos >> (power - 4)) - STEPS;
    (power * STEPS + step) as usize
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

/// How many calls took longer than they should while something was done.
#[derive(Clone)]
pub(super) struct Held {
    /// What they should take at most: what most take without an update, and twice the migration of a value.
    pub(super) longest: Duration,
    pub(super) calls: u64,
    /// So many took longer.
    pub(super) longer: u64,
    /// So many do without an update, in as much time: interrupts and other threads hold up what runs when they come.
    pub(super) without: f64,
}

impl Held {
    /// The share of the calls that took longer because of what was done.
    fn share(&self) -> f64 {
        (self.longer as f64 - self.without) / self.calls as f64
    }
}

/// How long calls took while things were done, each several times.
pub(super) struct Compared {
    kind: &'static str,
    times: BTreeMap<&'static str, Vec<Held>>,
}

impl Compared {
    pub(super) fn new(kind: &'static str) -> Self {
        let times = BTreeMap::new();
        Compared { kind, times }
    }

    pub(super) fn add(&mut self, what: &'static str, held: Held) {
        self.times.entry(what).or_default().push(held);
    }

    /// No more than so many calls took longer than they should because of what was done, in the median of all times.
    pub(super) fn check(&self, share: f64) {
        for (what, times) in &self.times {
            let mut times = times.clone();
            times.sort_by(|a, b| a.share().total_cmp(&b.share()));
            let percent = |held: &Held| format!("{:.3} %", 100.0 * held.share());
            let all: Vec<String> = times.iter().map(percent).collect();
            let held = &times[times.len() / 2];
            let Held {
                longest,
                calls,
                longer,
                without,
            } = held;
            let shown = format!(
                "{}, {what}: it held up {} of the calls (of {}): {longer} of {calls} took longer than {longest:.1?}, {without:.0} \
                 would without",
                self.kind,
                percent(held),
                all.join(", ")
            );
            println!("{shown}");
            assert!(given().is_none() || held.share() <= share, "{shown}");
        }
    }
}

/// How long the migration of one value through these variants takes, with what it takes to come to it among so many: in
/// the median, and where some do not fit, of those if that takes longer.
pub(super) fn one_value(
    kind: &str,
    entries: u64,
    through: &'static [&'static str],
    unfit: &[u64],
) -> Duration {
    const KEYS: u64 = 100_000;
    let module = load();
    let mut vault: Instance<dyn Vault> = module.create(kind).expect("a vault");
    vault.fill(entries).expect("a call");
    for key in unfit {
        let earned = vault.earn(*key, TOO_MUCH).expect("a call");
        earned.expect("the version that made it has room for more");
    }
    through.iter().for_each(|variant| update(&module, variant));
    vault.migrate().expect("it fits");
    // Each once, and far from the one before, as those are that calls come for.
    let apart = (entries * 618 / 1000 + 1..).find(|it| gcd(*it, entries) == 1);
    let apart = apart.expect("some number has no factor of another");
    let keys = (0..KEYS.min(entries)).map(|place| place * apart % entries);
    let (mut fit, mut stay) = (Vec::new(), Vec::new());
    for key in keys {
        let start = Instant::now();
        let gold = vault.gold(key).expect("a call");
        let took = start.elapsed();
        match gold {
            Ok(_) => fit.push(took),
            Err(_) => stay.push(took),
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    let one_value = match unfit {
        [] => median(&mut fit),
        _ => median(&mut fit).max(median(&mut stay)),
    };
    println!("{kind}: the migration of a value through {through:?} takes {one_value:.1?}");
    one_value
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
