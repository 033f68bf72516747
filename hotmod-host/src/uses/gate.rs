//! What every use of a pooled instance passes, so that a snapshot or a handoff can fall between uses.
//!
//! A use is *outermost* where its thread uses no other instance of the host. The gate is open but for moments; while it is
//! closed, outermost uses wait, those that only read too, and hold no instance of the host while they do; uses within others
//! go on. A thread that waits may hold an instance of another host, which has a gate of its own: closing either has a limit,
//! so no two wait for each other for ever. A thread closes the gate, and then
//! takes hold of each instance once and lets go of it. After that, all uses that began before have ended: each held its
//! outermost instance until it ended, and later ones wait. That moment is a *cut*: what one use does to several instances
//! lies on one side of it.
//!
//! What uses mark is the number of the current [`round`]: who begins another one and then looks at an instance, with
//! the instance to itself, sees by the mark whether it was used since. A use reads the number after it took hold of the
//! instance. If that was after the look, it sees the new number, since it took hold of what the look had let go of.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Instant;

use super::named_states::StateByName;
use crate::sys::process;

/// Outermost uses wait.
const CLOSED: u8 = 1;
/// A cut is written: an instance that it lacks is written before it is used.
const CUT: u8 = 2;
/// Another process has the instances.
const ENDED: u8 = 4;

static ROUND: AtomicU64 = AtomicU64::new(1);

/// The number with which uses are marked.
#[inline]
pub(crate) fn round() -> u64 {
    // Relaxed: see above.
    ROUND.load(Ordering::Relaxed)
}

/// Begins another round, and gives its number.
pub(crate) fn next_round() -> u64 {
    ROUND.fetch_add(1, Ordering::AcqRel) + 1
}

/// How a use finds the gate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateState {
    Open,
    /// To be waited for.
    Closed,
    /// Open, and what a cut lacks is written before it changes.
    Cut(u64),
    /// Closed for good.
    Ended,
}

/// Takes what a cut lacks.
pub(crate) trait CutSink: Send + Sync {
    /// Writes a state of the instances of this name.
    fn write(&self, name: &str, state: &StateByName<'_>);

    /// Notes that an instance of this name was taken out, by its key as it crosses.
    #[cfg(feature = "handoff")]
    fn remove(&self, name: &str, key: *mut u8);
}

/// Instances that the gate is before.
pub(crate) trait Gated: Send + Sync {
    /// Has each of them to itself once, or says whose they are if that takes longer than until then.
    fn have_each(&self, until: Instant) -> Result<(), String>;
}

/// The gate of a host.
#[derive(Default)]
pub(crate) struct Gate {
    word: AtomicU8,
    /// The process in which it was closed or cut: in a copy of that it is open.
    process: AtomicU32,
    /// The number of the cut that is written.
    cut: AtomicU64,
    /// How many instances are being made, which no list has yet.
    making: AtomicUsize,
    /// Whether someone waits until none is.
    is_awaited: AtomicBool,
    sink: Mutex<Option<Arc<dyn CutSink>>>,
    #[cfg(feature = "handoff")]
    watched: AtomicBool,
    #[cfg(feature = "handoff")]
    watcher: Mutex<Option<Arc<dyn CutSink>>>,
    pools: Mutex<Vec<Weak<dyn Gated>>>,
    /// Held by who closes it.
    turn: Mutex<()>,
    waiting: Mutex<Vec<Waker>>,
    changed: Condvar,
}

fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is held so is changed in several steps.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    /// Has the gate stand before these instances too.
    pub(crate) fn add(&self, pool: Weak<dyn Gated>) {
        let mut pools = hold(&self.pools);
        if pools.len() == pools.capacity() {
            pools.retain(|it| it.strong_count() > 0);
        }
        pools.push(pool);
    }

    /// Whether it is open, and no cut is written.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        // Relaxed: a use that took hold of an instance after who closed the gate had let go of it sees that; one that
        // took hold before is waited for.
        self.word.load(Ordering::Relaxed) == 0
    }

    /// How a use finds it.
    pub(crate) fn state(&self) -> GateState {
        let word = self.word.load(Ordering::SeqCst);
        match word {
            0 => GateState::Open,
            _ if self.process.load(Ordering::Relaxed) != process::id() => GateState::Open,
            _ if word & ENDED != 0 => GateState::Ended,
            _ if word & CLOSED != 0 => GateState::Closed,
            _ => GateState::Cut(self.cut.load(Ordering::Relaxed)),
        }
    }

    /// Waits until it is not closed.
    pub(crate) fn wait(&self) {
        let mut waiting = hold(&self.waiting);
        while self.state() == GateState::Closed {
            let woken = self.changed.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As [`wait`](Gate::wait), without a thread.
    pub(crate) async fn opened(&self) {
        std::future::poll_fn(|context| {
            let mut waiting = hold(&self.waiting);
            if self.state() != GateState::Closed {
                return Poll::Ready(());
            }
            waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// What takes what the cut lacks.
    pub(crate) fn sink(&self) -> Option<Arc<dyn CutSink>> {
        hold(&self.sink).clone()
    }

    /// Has this be told of instances that are taken out.
    #[cfg(feature = "handoff")]
    pub(crate) fn watch(&self, watcher: Option<Arc<dyn CutSink>>) {
        let is_watched = watcher.is_some();
        *hold(&self.watcher) = watcher;
        self.watched.store(is_watched, Ordering::SeqCst);
    }

    /// What is told of instances that are taken out. Asked while the instance is held: who begins to watch and looks at
    /// each instance then finds it, or is told.
    #[cfg(feature = "handoff")]
    pub(crate) fn watcher(&self) -> Option<Arc<dyn CutSink>> {
        match self.watched.load(Ordering::Relaxed) {
            true => hold(&self.watcher).clone(),
            false => None,
        }
    }

    /// An instance is being made until what this gives is dropped; `None` if the gate is not open.
    pub(crate) fn make(&self) -> Option<BeingMade<'_>> {
        // SeqCst: either who closes the gate sees this one counted, or this sees the gate closed.
        self.making.fetch_add(1, Ordering::SeqCst);
        let making = BeingMade(self);
        match self.state() {
            GateState::Closed | GateState::Ended => None,
            GateState::Open | GateState::Cut(_) => Some(making),
        }
    }

    /// As [`make`](Gate::make), within another use, for which who closes the gate waits.
    pub(crate) fn make_within(&self) -> BeingMade<'_> {
        self.making.fetch_add(1, Ordering::SeqCst);
        BeingMade(self)
    }

    /// Waits for the turn to close it.
    pub(crate) fn turn(&self) -> GateTurn<'_> {
        GateTurn {
            gate: self,
            _turn: hold(&self.turn),
        }
    }

    fn set(&self, word: u8) {
        let mut waiting = hold(&self.waiting);
        self.process.store(process::id(), Ordering::Relaxed);
        self.word.store(word, Ordering::SeqCst);
        if word & CLOSED == 0 {
            self.changed.notify_all();
            let woken = std::mem::take(&mut *waiting);
            drop(waiting);
            woken.into_iter().for_each(Waker::wake);
        }
    }
}

/// An instance is being made, until this is dropped.
pub(crate) struct BeingMade<'g>(&'g Gate);

impl Drop for BeingMade<'_> {
    fn drop(&mut self) {
        // SeqCst: either who waits for this sees that it is over, or this sees that it is awaited. Then that one has the
        // lock until it waits, so that it is not told before that.
        let left = self.0.making.fetch_sub(1, Ordering::SeqCst) - 1;
        if left == 0 && self.0.is_awaited.load(Ordering::SeqCst) {
            drop(hold(&self.0.waiting));
            self.0.changed.notify_all();
        }
    }
}

/// The turn to close the gate. It is open again when this is dropped, unless it was closed for good.
pub(crate) struct GateTurn<'g> {
    gate: &'g Gate,
    _turn: MutexGuard<'g, ()>,
}

impl GateTurn<'_> {
    /// Closes it, and waits until all uses have ended that began before, no longer than until then. If that takes longer,
    /// it is open again, and the error says which instances are in use.
    pub(crate) fn close(&self, until: Instant) -> Result<(), String> {
        self.gate.set(CLOSED);
        let closed = self.have_all(until);
        if closed.is_err() {
            self.gate.set(0);
        }
        closed
    }

    /// Waits until all uses have ended that began before, as [`close`](GateTurn::close), but has nothing wait.
    pub(crate) fn wait_for_uses(&self, until: Instant) -> Result<(), String> {
        self.have_all(until)
    }

    fn have_all(&self, until: Instant) -> Result<(), String> {
        self.have_made(until)?;
        let pools = hold(&self.gate.pools).clone();
        let pools = pools.iter().filter_map(Weak::upgrade);
        for pool in pools {
            pool.have_each(until)?;
        }
        Ok(())
    }

    /// Waits until no instance is being made.
    fn have_made(&self, until: Instant) -> Result<(), String> {
        let gate = self.gate;
        let mut waiting = hold(&gate.waiting);
        gate.is_awaited.store(true, Ordering::SeqCst);
        let made = loop {
            if gate.making.load(Ordering::SeqCst) == 0 {
                break Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Err("an instance that is being made".to_owned());
            }
            let woken = gate.changed.wait_timeout(waiting, left);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        };
        gate.is_awaited.store(false, Ordering::SeqCst);
        made
    }

    /// Opens it. What the sink has not been given is given to it before it is used, until
    /// [`end_cut`](GateTurn::end_cut). The gate is closed. Gives the number of the cut.
    pub(crate) fn cut(&self, sink: Arc<dyn CutSink>) -> u64 {
        let number = next_round();
        *hold(&self.gate.sink) = Some(sink);
        self.gate.cut.store(number, Ordering::Relaxed);
        self.gate.set(CUT);
        number
    }

    /// Nothing is given to the sink any more.
    pub(crate) fn end_cut(&self) {
        self.gate.set(0);
        hold(&self.gate.sink).take();
    }

    /// Closes it for good: another process has the instances.
    #[cfg(feature = "handoff")]
    pub(crate) fn end(&self) {
        self.gate.set(ENDED);
    }

    /// Opens it again.
    pub(crate) fn open(&self) {
        self.gate.set(0);
    }
}

impl Drop for GateTurn<'_> {
    fn drop(&mut self) {
        let word = self.gate.word.load(Ordering::SeqCst);
        if word & ENDED == 0 && word != 0 {
            self.end_cut();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Held(Arc<Mutex<()>>);

    impl Gated for Held {
        fn have_each(&self, until: Instant) -> Result<(), String> {
            while self.0.try_lock().is_err() {
                if Instant::now() > until {
                    return Err("held".to_owned());
                }
                std::thread::yield_now();
            }
            Ok(())
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(5)
    }

    #[test]
    fn it_is_open_again_where_a_use_does_not_end_in_time() {
        let gate = Gate::default();
        let instance = Arc::new(Mutex::new(()));
        let held: Arc<dyn Gated> = Arc::new(Held(instance.clone()));
        gate.add(Arc::downgrade(&held));
        let turn = gate.turn();
        let used = hold(&instance);
        assert_eq!(turn.close(soon()), Err("held".to_owned()));
        assert!(gate.is_quiet());
        drop(used);
        assert_eq!(turn.close(soon()), Ok(()));
        assert!(gate.state() == GateState::Closed && gate.make().is_none());
        turn.open();
        let making = gate.make().expect("it is open");
        assert!(turn.close(soon()).is_err());
        drop(making);
        assert_eq!(turn.close(soon()), Ok(()));
        turn.open();
        // It is told when the last is made.
        let making = [gate.make(), gate.make()];
        std::thread::scope(|scope| {
            let closes = scope.spawn(|| turn.close(Instant::now() + Duration::from_secs(600)));
            while !gate.is_awaited.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            making.into_iter().for_each(drop);
            assert_eq!(closes.join().expect("a thread"), Ok(()));
        });
        drop(turn);
        assert!(gate.is_quiet());
    }

    #[test]
    fn who_waits_goes_on_when_it_is_open_and_when_it_has_ended() {
        for ends in [false, cfg!(feature = "handoff")] {
            let gate = Gate::default();
            let turn = gate.turn();
            turn.close(soon()).expect("nothing is in use");
            std::thread::scope(|scope| {
                let waits = scope.spawn(|| {
                    gate.wait();
                    gate.state() == GateState::Ended
                });
                match ends {
                    #[cfg(feature = "handoff")]
                    true => turn.end(),
                    _ => turn.open(),
                }
                assert_eq!(waits.join().expect("a thread"), ends);
            });
            drop(turn);
            assert_eq!(gate.state() == GateState::Ended, ends);
        }
    }
}
