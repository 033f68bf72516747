//! Readers and writers of one vault at full speed, and what each entry should have.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::{Module, SharedInstance};
use hotmod_tests::interfaces::vault::Vault;
use hotmod_tests::patience::{Ended, until};

use super::given;
use super::latency::{self, Latency};

/// How many readers there are, and as many writers. Where waits are compared, there are no more than processors: threads that
/// share one wait for their turns on it, for milliseconds each and with or without an update, and so do those behind them.
fn pairs() -> u64 {
    let processors = thread::available_parallelism().map_or(1, usize::from) as u64;
    match given() {
        Some(_) => (processors / 2).clamp(1, 2),
        None => 2,
    }
}

/// How long calls are measured without an update.
const QUIET: Duration = Duration::from_secs(5);

/// What the sweeper has of a processor: so much out of every tick.
const TICK: Duration = Duration::from_millis(10);
const BUDGET: Duration = Duration::from_millis(5);

/// Of so many of the calls it is compared how long they take.
const MOST: f64 = 0.999;

/// A vault, and a model of it.
pub(super) struct Crowd {
    pub(super) vault: SharedInstance<dyn Vault>,
    kind: &'static str,
    /// How much gold each entry has; only the writer of an entry changes it, after the call.
    gold: Vec<AtomicU64>,
    /// How many values there are, entries and what holds some.
    values: usize,
    /// How long the migration of one takes, if that is asked for.
    one_value: Duration,
}

/// The phase without an update in which other work takes a part of the processors.
const BUSY: usize = 1;

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
            one_value: given().map_or(Duration::ZERO, |_| latency::one_value(kind, entries, MOST)),
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

    /// Has threads call the vault while this is done.
    pub(super) fn run(&self, steps: impl FnOnce(&Run<'_>)) {
        let (is_over, phases) = (AtomicBool::new(false), Phases::default());
        thread::scope(|scope| {
            for thread in 0..2 * pairs() {
                let (is_over, phases) = (&is_over, &phases);
                scope.spawn(move || self.call(thread, is_over, phases));
            }
            let _ended = Ended(&is_over);
            steps(&Run {
                crowd: self,
                phases: &phases,
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
}

impl Run<'_> {
    fn now(&self) -> &Latency {
        &self.phases.latencies[self.phases.number.load(Ordering::Relaxed)]
    }

    /// Has calls measured without an update: first by themselves, then while a thread that touches nothing of theirs
    /// takes as much of the processors as the sweeper may.
    pub(super) fn quiet(&self) {
        self.measured("quiet");
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    while start.elapsed() < BUDGET {}
                    thread::sleep(TICK.saturating_sub(start.elapsed()));
                }
            });
            let _ended = Ended(&is_over);
            self.phases.number.store(BUSY, Ordering::Relaxed);
            self.measured("quiet, beside other work");
        });
    }

    fn measured(&self, what: &str) {
        match given() {
            Some(_) => thread::sleep(QUIET),
            None => until(|| self.now().count() > 1_000),
        }
        println!("{}, {what}: {}", self.crowd.kind, self.now());
    }

    /// Has calls measured until this is done.
    pub(super) fn during(&self, what: &str, work: impl FnOnce()) {
        self.phases.number.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        work();
        let took = start.elapsed();
        until(|| self.now().count() > 1_000);
        let kind = self.crowd.kind;
        println!("{kind}, {what}: {}; {took:.1?}", self.now());
        if given().is_some() {
            let bounds = [0, BUSY].map(|without| {
                self.phases.latencies[without].most_of(MOST) + 2 * self.crowd.one_value
            });
            let [quiet, busy] = bounds;
            let most = self.now().most_of(MOST);
            println!(
                "{kind}, {what}: {most:.1?} beside {quiet:.1?}, and {busy:.1?} beside other work; of one value {:.1?}",
                self.crowd.one_value
            );
            // Where callers at full speed have all processors, whatever else works takes its time from them.
            let bound = quiet.max(busy);
            assert!(most <= bound, "{kind}, {what}: {most:.1?}, not {bound:.1?}");
        }
    }
}
