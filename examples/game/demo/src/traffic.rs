//! Callers that never stop: through HTTP, in the worlds of the pool, in a world of their own, and of a
//! free function. Each checks every answer that it gets.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use game_interface::Game;
use game_server::Worlds;
use hotmod_host::{Function, Instance};
use serde_json::Value;

use crate::Failure;
use crate::client::Client;
use crate::tally::Tally;

/// Longer than anything takes that the demo waits for, so that a caller that hangs ends the demo.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The kind of caller whose answers are numbers, which do not say what version they are from.
pub(crate) const NUMBERS: &str = "damage";

/// The configuration of a world whose first player is [`FIRST_PLAYER`].
pub(crate) const CONFIG: &str = "seed = 1";
const FIRST_PLAYER: u64 = 1;

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
    /// Whether players in the pool's worlds buy what costs something.
    shopping: AtomicBool,
}

struct Caller {
    kind: &'static str,
    laps: u64,
    tally: Tally,
    /// The slowest call since it was last asked for.
    slowest: Duration,
}

/// What a player in one of the pool's worlds should have.
#[derive(Default)]
struct Player {
    visits: u32,
    score: u32,
}

impl Shared {
    fn callers(&self) -> MutexGuard<'_, Vec<Caller>> {
        // A lap is recorded whole or not at all.
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    /// Starts a client that enters one of the server's worlds as this player, which no other client plays.
    pub(crate) fn http(&mut self, server: &str, player: &str, world: u64) {
        let client = Client::new(server);
        let player = player.to_owned();
        let mut visits = 0;
        self.start("GET /hello", 100, move |tally| {
            tally.count(|| {
                visits += 1;
                let answer = client.hello(&player, world)?;
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

    /// Starts a caller that enters these worlds of the pool, one after the other, as a player that no
    /// other caller plays, and goes shopping there. What `faulty` refuses to sell is counted apart.
    pub(crate) fn pooled(&mut self, pool: Arc<Worlds>, worlds: Vec<u64>, faulty: &'static str) {
        let shared = self.shared.clone();
        let lap = worlds.len();
        let mut players: Vec<(u64, Player)> = worlds
            .into_iter()
            .map(|world| (world, Player::default()))
            .collect();
        let mut turn = 0;
        self.start("a pooled world", lap, move |tally| {
            let (world, player) = &mut players[turn % lap];
            turn += 1;
            tally.count(|| {
                let (greeting, version) =
                    pool.call(world, |it| Ok((it.hello("gil")?, it.version().to_owned())))?;
                player.visits += 1;
                player.score += 10;
                expect(
                    &counted(&greeting),
                    &format!("hello Gil, visit {}", player.visits),
                )?;
                Ok(Some(version))
            });
            // Relaxed: it does not matter which caller goes shopping first.
            let price = 5 * u32::from(shared.shopping.load(Ordering::Relaxed));
            let mut refused = false;
            tally.count(|| {
                let (left, version) = pool.call(world, |it| {
                    Ok((it.spend("gil", price)?, it.version().to_owned()))
                })?;
                refused = left.is_err() && version == faulty;
                if !refused {
                    player.score -= price;
                    expect(&left, &Ok(player.score))?;
                }
                Ok(Some(version))
            });
            tally.provoked += u64::from(refused);
            if tally.latest.as_deref() == Some(faulty) {
                tally.tried.insert(*world);
            }
        });
    }

    /// Starts the only caller of an instance's methods.
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

    /// Starts a caller that records what its calls came to whenever it has made so many.
    fn start(
        &mut self,
        kind: &'static str,
        lap: usize,
        mut call: impl FnMut(&mut Tally) + Send + 'static,
    ) {
        let index = self.callers.len();
        let shared = self.shared.clone();
        shared.callers().push(Caller {
            kind,
            laps: 0,
            tally: Tally::default(),
            slowest: Duration::ZERO,
        });
        self.callers.push(thread::spawn(move || {
            // Relaxed: it only says when to stop.
            while !shared.stop.load(Ordering::Relaxed) {
                let mut tally = Tally::default();
                (0..lap).for_each(|_| call(&mut tally));
                let caller = &mut shared.callers()[index];
                caller.slowest = caller.slowest.max(tally.slowest);
                caller.tally.add(tally);
                caller.laps += 1;
                shared.lap.notify_one();
            }
        }));
    }

    /// Has players buy what costs something, or only what costs nothing.
    pub(crate) fn shop(&self, shopping: bool) {
        self.shared.shopping.store(shopping, Ordering::Relaxed);
    }

    /// Waits until every caller has made a whole lap that began after this, and checks that it was
    /// in this version that the lap ended.
    pub(crate) fn goes_on_in(&self, version: &str) -> Result<(), Failure> {
        self.goes_on()?;
        let callers = self.shared.callers();
        let mut latest = callers
            .iter()
            .filter_map(|caller| caller.tally.latest.as_deref());
        match latest.find(|latest| *latest != version) {
            Some(other) => Err(format!("{other} still answers, not {version}").into()),
            None => Ok(()),
        }
    }

    /// Waits until every caller has made a whole lap that began after this.
    pub(crate) fn goes_on(&self) -> Result<(), Failure> {
        let callers = self.shared.callers();
        // The first lap to end may have begun before.
        let goals: Vec<u64> = callers.iter().map(|caller| caller.laps + 2).collect();
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

    /// The worlds of the pool that the faulty version has answered in.
    pub(crate) fn tried(&self) -> BTreeSet<u64> {
        let callers = self.shared.callers();
        callers
            .iter()
            .flat_map(|caller| &caller.tally.tried)
            .copied()
            .collect()
    }

    /// The slowest call of each kind in the laps that have ended since this was last asked.
    pub(crate) fn slowest(&self) -> Vec<(&'static str, Duration)> {
        let mut kinds: Vec<(&'static str, Duration)> = Vec::new();
        for caller in self.shared.callers().iter_mut() {
            let slowest = std::mem::take(&mut caller.slowest);
            match kinds.iter_mut().find(|(kind, _)| *kind == caller.kind) {
                Some((_, of_kind)) => *of_kind = slowest.max(*of_kind),
                None => kinds.push((caller.kind, slowest)),
            }
        }
        kinds
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
pub(crate) fn counted(greeting: &str) -> &str {
    greeting.split(" (").next().unwrap_or(greeting)
}

pub(crate) fn expect<T, U>(answer: &T, expected: &U) -> Result<(), Failure>
where
    T: PartialEq<U> + Debug,
    U: Debug,
{
    match *answer == *expected {
        true => Ok(()),
        false => Err(format!("answered {answer:?}, not {expected:?}").into()),
    }
}
