//! Callers that never stop: through HTTP, on a world of their own, and of a free function. Each
//! checks every answer that it gets.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use game_interface::Game;
use hotmod_host::{Function, Instance};
use serde_json::Value;

use crate::Failure;
use crate::client::Client;

/// Longer than any lap takes, so that a caller that hangs ends the demo.
const PATIENCE: Duration = Duration::from_secs(60);

/// The kind of caller whose answers are numbers, which do not say what version they are from.
pub(crate) const NUMBERS: &str = "damage";

/// The configuration of a world whose first player is [`FIRST_PLAYER`].
pub(crate) const CONFIG: &str = "seed = 1";
const FIRST_PLAYER: u64 = 1;

/// What one kind of callers did.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) slowest: Duration,
    /// How many calls each version answered, where an answer says which.
    pub(crate) versions: BTreeMap<String, u64>,
    /// The version that answered last.
    latest: Option<String>,
    /// The first failure.
    pub(crate) failure: Option<String>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slowest = self.slowest.max(other.slowest);
        for (version, calls) in other.versions {
            *self.versions.entry(version).or_default() += calls;
        }
        self.latest = other.latest.or(self.latest.take());
        self.failure = self.failure.take().or(other.failure);
    }

    /// Times one call and the check of its answer.
    fn count<V: AsRef<str>>(&mut self, call: impl FnOnce() -> Result<Option<V>, Failure>) {
        let start = Instant::now();
        let answered = call();
        self.slowest = self.slowest.max(start.elapsed());
        self.calls += 1;
        match answered {
            Ok(None) => {}
            Ok(Some(version)) => {
                let version = version.as_ref();
                if self.latest.as_deref() != Some(version) {
                    self.latest = Some(version.to_owned());
                    self.versions.entry(version.to_owned()).or_default();
                }
                if let Some(calls) = self.versions.get_mut(version) {
                    *calls += 1;
                }
            }
            Err(error) => {
                self.failed += 1;
                self.failure.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

/// The callers, and how far each of them is.
#[derive(Default)]
pub(crate) struct Traffic {
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    callers: Mutex<Vec<Caller>>,
    lap: Condvar,
}

struct Caller {
    kind: &'static str,
    laps: u64,
    tally: Tally,
}

impl Shared {
    fn callers(&self) -> MutexGuard<'_, Vec<Caller>> {
        // A lap is recorded whole or not at all.
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    /// Starts a client that enters the server's world as this player, whom nobody else plays.
    pub(crate) fn http(&mut self, server: &str, player: &str) {
        let client = Client::new(server);
        let player = player.to_owned();
        let mut visits = 0;
        self.start("GET /hello", 100, move |tally| {
            tally.count(|| {
                visits += 1;
                let answer = client.hello(&player)?;
                let json: Value = serde_json::from_str(&answer.text).map_err(|_| answer.text)?;
                let greeting = json["greeting"].as_str().unwrap_or_default();
                expect(
                    &counted(greeting),
                    &format!("hello {player}, visit {visits}"),
                )?;
                Ok(json["version"].as_str().map(str::to_owned))
            });
        });
    }

    /// Starts a caller of the methods of an instance that nobody else calls.
    pub(crate) fn direct(&mut self, mut world: Instance<dyn Game>) {
        let mut visits = 0;
        self.start("an instance", 500, move |tally| {
            tally.count(|| {
                visits += 1;
                let greeting = world.hello("ada")?;
                expect(&counted(&greeting), &format!("hello Ada, visit {visits}"))?;
                Ok(Some(world.version()))
            });
            tally.count(|| {
                expect(&world.score(FIRST_PLAYER)?, &Some(visits * 10))?;
                Ok(Some(world.version()))
            });
        });
    }

    /// Starts a caller of `damage`.
    pub(crate) fn function(&mut self, damage: Function<fn(u32, u32) -> u32>) {
        let mut armour = 0;
        self.start(NUMBERS, 10_000, move |tally| {
            tally.count(|| {
                armour = (armour + 1) % 20;
                expect(&damage.call(10, armour)?, &10_u32.saturating_sub(armour))?;
                Ok(None::<&str>)
            });
        });
    }

    /// Starts a caller that says how it goes whenever it made so many calls.
    fn start(
        &mut self,
        kind: &'static str,
        lap: u32,
        mut call: impl FnMut(&mut Tally) + Send + 'static,
    ) {
        let index = self.callers.len();
        let shared = self.shared.clone();
        shared.callers().push(Caller {
            kind,
            laps: 0,
            tally: Tally::default(),
        });
        self.callers.push(thread::spawn(move || {
            // Relaxed: nothing is read on the strength of it but when to stop.
            while !shared.stop.load(Ordering::Relaxed) {
                let mut tally = Tally::default();
                (0..lap).for_each(|_| call(&mut tally));
                let caller = &mut shared.callers()[index];
                caller.tally.add(tally);
                caller.laps += 1;
                shared.lap.notify_one();
            }
        }));
    }

    /// Waits until every caller has made a whole lap that began after this, and checks that it was
    /// in this version that the lap ended.
    pub(crate) fn goes_on_in(&self, version: &str) -> Result<(), Failure> {
        // The first to end may have begun before.
        self.laps(2)?;
        let callers = self.shared.callers();
        let mut latest = callers
            .iter()
            .filter_map(|caller| caller.tally.latest.as_deref());
        match latest.find(|latest| *latest != version) {
            Some(other) => Err(format!("{other} still answers, not {version}").into()),
            None => Ok(()),
        }
    }

    fn laps(&self, laps: u64) -> Result<(), Failure> {
        let callers = self.shared.callers();
        let goals: Vec<u64> = callers.iter().map(|caller| caller.laps + laps).collect();
        let short = |callers: &mut Vec<Caller>| {
            callers
                .iter()
                .zip(&goals)
                .any(|(caller, goal)| caller.laps < *goal)
        };
        let waited = self.shared.lap.wait_timeout_while(callers, PATIENCE, short);
        let waited = waited.unwrap_or_else(PoisonError::into_inner).1;
        match waited.timed_out() {
            true => Err("a caller got no further".into()),
            false => Ok(()),
        }
    }

    /// Stops all callers and says what each kind of them did.
    pub(crate) fn finish(self) -> Result<Vec<(&'static str, Tally)>, Failure> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for caller in self.callers {
            caller.join().map_err(|_| "a caller panicked")?;
        }
        let mut kinds: Vec<(&'static str, Tally)> = Vec::new();
        for caller in self.shared.callers().drain(..) {
            match kinds.iter_mut().find(|(kind, _)| *kind == caller.kind) {
                Some((_, tally)) => tally.add(caller.tally),
                None => kinds.push((caller.kind, caller.tally)),
            }
        }
        Ok(kinds)
    }
}

/// The part of a greeting that every version has: 2.0 says more of the player in brackets.
fn counted(greeting: &str) -> &str {
    greeting.split(" (").next().unwrap_or(greeting)
}

fn expect<T, U>(answer: &T, expected: &U) -> Result<(), Failure>
where
    T: PartialEq<U> + Debug,
    U: Debug,
{
    match *answer == *expected {
        true => Ok(()),
        false => Err(format!("answered {answer:?}, not {expected:?}").into()),
    }
}
