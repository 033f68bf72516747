//! Readers and writers of one vault at full speed, and what each entry should have.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::{Module, SharedInstance};
use hotmod_tests::interfaces::vault::Vault;
use hotmod_tests::patience::{Ended, until};

use super::given;
use super::latency::{Compared, Held, Latency};

fn processors() -> u64 {
    thread::available_parallelism().map_or(1, usize::from) as u64
}

/// How many readers there are, and as many writers. Where waits are compared, they leave a processor to the sweeper if there
/// are more than two: threads that share one wait for their turns on it, for milliseconds each and with or without an
/// update, and so do those behind them.
fn pairs() -> u64 {
    match given() {
        Some(_) => (processors().saturating_sub(1) / 2).clamp(1, 2),
        None => 2,
    }
}

/// How long calls are measured without an update, each time.
const QUIET: Duration = Duration::from_secs(2);

/// What the sweeper has of a processor: so much out of every tick.
const TICK: Duration = Duration::from_millis(10);
const BUDGET: Duration = Duration::from_millis(5);

/// Of so many of the calls it is compared how long they take.
pub(super) const MOST: f64 = 0.999;

/// A vault, and a model of it.
pub(super) struct Crowd {
    pub(super) vault: SharedInstance<dyn Vault>,
    kind: &'static str,
    /// How much gold each entry has; only the writer of an entry changes it, after the call.
    gold: Vec<AtomicU64>,
    /// How many values there are, entries and what holds some.
    values: usize,
}

/// The phases without an update: with nothing else to do, and beside other work.
const ALONE: usize = 0;
const BESIDE: usize = 1;

/// How long calls take, phase by phase.
#[derive(Default)]
pub(super) struct Phases {
    /// Which phase it is; the threads note their calls there.
    number: AtomicUsize,
    latencies: [Latency; 4],
}

impl Crowd {
    pub(super) fn new(module: &Module<dyn Vault>, kind: &'static str, entries: u64) -> Self {
        let built = SharedInstance::builder(module);
        let built = built.sweep_every(TICK, BUDGET);
        let vault = built.create(kind).unwrap_or_else(|error| panic!("{error}"));
        let filled = vault.call(|vault| vault.fill(entries));
        filled.unwrap_or_else(|error| panic!("{error}"));
        let shelves = if kind == "nested" {
            entries.div_ceil(8)
        } else {
            0
        };
        Crowd {
            vault,
            kind,
            gold: (0..entries).map(AtomicU64::new).collect(),
            values: (entries + shelves) as usize,
        }
    }

    pub(super) fn values(&self) -> usize {
        self.values
    }

    fn expected(&self, key: u64) -> u64 {
        self.gold[key as usize].load(Ordering::SeqCst)
    }

    fn gold(&self, key: u64) -> Result<u64, String> {
        let gold = self.vault.call_shared(|vault| vault.gold(key));
        gold.expect("a call")
    }

    /// Gives an entry more gold, as the model says; `false` if it does not fit.
    pub(super) fn earn(&self, key: u64, more: u64) -> bool {
        let earned = self.vault.call(|vault| vault.earn(key, more));
        let earned = earned.expect("a call");
        match earned {
            Ok(()) => {
                self.gold[key as usize].fetch_add(more, Ordering::SeqCst);
                true
            }
            Err(error) => self.does_not_fit(&error),
        }
    }

    fn renew(&self, key: u64) {
        let renewed = self.vault.call(|vault| vault.renew(key));
        let renewed = renewed.expect("a call");
        if let Err(error) = renewed {
            self.does_not_fit(&error);
        }
    }

    fn does_not_fit(&self, error: &str) -> bool {
        assert!(error.contains("and is not migrated to"), "{error}");
        false
    }

    /// A reader's call.
    fn read(&self, key: u64) {
        let before = self.expected(key);
        match self.gold(key) {
            // The writer may have made one call more than the model knows of, or several during this one.
            Ok(gold) => {
                let after = self.expected(key) + 1;
                assert!((before..=after).contains(&gold), "{before} {gold} {after}");
            }
            Err(error) => {
                self.does_not_fit(&error);
            }
        }
    }

    /// Has threads call the vault while this is done, and adds how long calls took beside the migration of a value.
    pub(super) fn run(
        &self,
        (compared, one_value): (&mut Compared, Duration),
        steps: impl FnOnce(&mut Run<'_>),
    ) {
        let (is_over, phases) = (AtomicBool::new(false), Phases::default());
        thread::scope(|scope| {
            for thread in 0..2 * pairs() {
                let (is_over, phases) = (&is_over, &phases);
                scope.spawn(move || self.call(thread, is_over, phases));
            }
            let _ended = Ended(&is_over);
            steps(&mut Run {
                crowd: self,
                phases: &phases,
                compared,
                one_value,
                beside: Duration::ZERO,
            });
        });
    }

    /// What one thread does.
    fn call(&self, thread: u64, is_over: &AtomicBool, phases: &Phases) {
        let (entries, pairs) = (self.gold.len() as u64, pairs());
        let mut random = thread + 1;
        while !is_over.load(Ordering::Relaxed) {
            // xorshift64
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let latency = &phases.latencies[phases.number.load(Ordering::Relaxed)];
            let start = Instant::now();
            if thread < pairs {
                self.read(random % entries);
            } else {
                // Each writer has entries of its own.
                let key = random % entries / pairs * pairs + thread % pairs;
                match random >> 60 {
                    0 => self.renew(key % entries),
                    _ => drop(self.earn(key % entries, 1)),
                }
            }
            latency.note(start.elapsed());
        }
    }

    /// All entries are there, with what the model says; so many do not fit.
    pub(super) fn check(&self, unfit: usize) {
        let keys = 0..self.gold.len() as u64;
        let found = keys.filter(|key| match self.gold(*key) {
            Ok(gold) => {
                assert_eq!(gold, self.expected(*key), "of {key}");
                false
            }
            Err(error) => !self.does_not_fit(&error),
        });
        assert_eq!(found.count(), unfit, "do not fit");
    }
}

/// What is done while threads call a vault.
pub(super) struct Run<'r> {
    crowd: &'r Crowd,
    phases: &'r Phases,
    compared: &'r mut Compared,
    /// How long the migration of a value takes.
    one_value: Duration,
    /// How long calls were measured beside other work.
    beside: Duration,
}

impl Run<'_> {
    /// Has calls measured without an update: with nothing else to do, and then, where the callers leave no processor to the
    /// sweeper, beside a thread that touches nothing of theirs and works as much as that may.
    pub(super) fn quiet(&mut self) {
        let wait = |latency: &Latency| match given() {
            Some(_) => thread::sleep(QUIET),
            None => until(|| latency.count() > 1_000),
        };
        self.measured(ALONE, "quiet", wait);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            if processors() <= 2 * pairs() {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let start = Instant::now();
                        while start.elapsed() < BUDGET {}
                        thread::sleep(TICK - BUDGET);
                    }
                });
            }
            let _ended = Ended(&is_over);
            self.beside = self.measured(BESIDE, "quiet, beside other work", wait);
        });
    }

    /// Has calls measured until this is done.
    pub(super) fn during(&mut self, what: &'static str, work: impl FnOnce()) {
        let phase = self.phases.number.load(Ordering::Relaxed) + 1;
        let took = self.measured(phase, what, |latency| {
            work();
            until(|| latency.count() > 1_000);
        });
        let of = |phase: usize| &self.phases.latencies[phase];
        let longest = of(ALONE).most_of(MOST) + 2 * self.one_value;
        self.compared.add(
            what,
            Held {
                longest,
                calls: of(phase).count(),
                longer: of(phase).longer_than(longest),
                without: of(BESIDE).longer_than(longest) as f64
                    * took.div_duration_f64(self.beside),
            },
        );
    }

    fn measured(&self, phase: usize, what: &str, work: impl FnOnce(&Latency)) -> Duration {
        let latency = &self.phases.latencies[phase];
        self.phases.number.store(phase, Ordering::Relaxed);
        let start = Instant::now();
        work(latency);
        let took = start.elapsed();
        println!("{}, {what}: {latency}; {took:.1?}", self.crowd.kind);
        took
    }
}
