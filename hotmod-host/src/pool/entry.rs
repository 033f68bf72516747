//! One key's instance, and the lock that is held while a thread or a task uses it.

use std::pin::Pin;
#[cfg(feature = "snapshot")]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use hotmod::interface::Interface;

use super::beside::{HeldAlone, HeldBeside, Patience};
use super::entry_lock::{Alone, BesideReaders, EntryLock, HeldToRead};
use super::looking::{HowMany, LockLookers};
use super::standing::Standing;
use crate::call::slot::ThreadAt;
#[cfg(feature = "snapshot")]
use crate::helping::GateAt;
use crate::helping::{Usage, Using};
use crate::module::instance::Instance;
use crate::module::instance::beside::LeftState;
#[cfg(feature = "snapshot")]
use crate::uses::gate;

/// An interface whose states several threads may use at once by `&self` methods: its trait has `Sync` as
/// a supertrait, so that the compiler requires it of every state.
///
/// Implemented for exactly these interfaces.
#[diagnostic::on_unimplemented(
    message = "the states of `{Self}` cannot be used by several threads at once",
    label = "the interface does not say that its states are `Sync`",
    note = "write `: Sync` behind the interface's trait, `pub trait Room: Sync`; the compiler requires it \
            of every state then",
    note = "`Pool::call` and `Pool::with` do not need it: no other thread uses the instance meanwhile"
)]
pub trait SharedInterface: Interface + Sync {}

#[diagnostic::do_not_recommend]
impl<I: Interface + Sync + ?Sized> SharedInterface for I {}

/// How long a thread sleeps that looks seldom for an instance to be free, and how long it waits in the end like any other.
const AGAIN: Duration = Duration::from_micros(50);
const LAST: Duration = Duration::from_millis(1);

/// A value of the pool's map: one instance behind its lock. It is empty while the instance is being made,
/// and once the instance is removed. An empty entry is in the map only while its lock is held.
pub(super) struct Entry<K, I: Interface + ?Sized> {
    pub(super) key: K,
    /// The thread that began to use it last, by its number; 0 if none did, or a task uses it.
    user: AtomicUsize,
    /// How many threads wait to use it exclusively.
    waiting: HowMany,
    looking: LockLookers,
    /// How many preparations in a row were given up because threads that read it did not go in time.
    outlasted: AtomicU32,
    #[cfg(feature = "snapshot")]
    marks: Marks,
    #[cfg(feature = "snapshot")]
    gate: GateAt,
    lock: EntryLock<Guarded<Option<PooledInstance<I>>>>,
}

/// In which rounds an instance was used last, and in which cut it was written last.
#[cfg(feature = "snapshot")]
pub(super) struct Marks {
    used: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
}

#[cfg(feature = "snapshot")]
impl Marks {
    /// Of a new instance, which no cut lacks that began before.
    fn new() -> Self {
        Marks {
            used: AtomicU64::new(gate::round()),
            read: AtomicU64::new(0),
            written: AtomicU64::new(gate::round()),
        }
    }

    /// Whether it was used exclusively since that round.
    pub(super) fn was_used_since(&self, round: u64) -> bool {
        // Relaxed, as all of these: who asks has the instance to itself.
        self.used.load(Ordering::Relaxed) >= round
    }

    /// Whether it was read since that round.
    pub(super) fn was_read_since(&self, round: u64) -> bool {
        self.read.load(Ordering::Relaxed) >= round
    }

    /// Whether it was used in any way since that round.
    #[cfg(feature = "handoff")]
    pub(super) fn may_have_changed_since(&self, round: u64) -> bool {
        self.was_used_since(round) || self.was_read_since(round)
    }

    /// Whether that cut has it, or did not have it.
    pub(super) fn is_written(&self, cut: u64) -> bool {
        self.written.load(Ordering::Relaxed) >= cut
    }

    pub(super) fn write(&self, cut: u64) {
        self.written.store(cut, Ordering::Relaxed);
    }

    /// Notes a use.
    #[inline]
    pub(super) fn note(&self, usage: Usage) {
        match usage {
            Usage::Exclusive => self.used.store(gate::round(), Ordering::Relaxed),
            Usage::Shared => self.read.store(gate::round(), Ordering::Relaxed),
        }
    }
}

/// An instance in its pool.
pub(super) struct PooledInstance<I: Interface + ?Sized> {
    pub(super) instance: Instance<I>,
    /// Its place in the roster.
    pub(super) place: usize,
    /// What the roster says of it.
    pub(super) noted: Standing,
}

/// A value that can be reached through `&Guarded` only if it is `Sync`. So `Guarded` is `Sync` for every
/// value that is `Send`, and threads may share a lock around it.
struct Guarded<T>(T);

// SAFETY: the only way from `&Guarded<T>` to a `&T` is `shared`, which asks for `T: Sync`.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T: Sync> Guarded<T> {
    fn shared(&self) -> &T {
        &self.0
    }
}

/// This thread uses the instance already, and would wait for itself.
#[derive(Debug)]
pub(super) struct InUseByThisThread;

impl<K, I: Interface + ?Sized> Entry<K, I> {
    pub(super) fn empty(key: K, #[cfg(feature = "snapshot")] gate: GateAt) -> Self {
        Entry {
            key,
            user: AtomicUsize::new(0),
            waiting: HowMany::default(),
            looking: LockLookers::default(),
            outlasted: AtomicU32::new(0),
            #[cfg(feature = "snapshot")]
            marks: Marks::new(),
            #[cfg(feature = "snapshot")]
            gate,
            lock: EntryLock::new(Guarded(None)),
        }
    }

    /// How much longer than at first to wait for threads that read the instance: a preparation that is short beside
    /// what they do would be given up again and again.
    pub(super) fn more_patience(&self) -> u32 {
        // Relaxed: a number that says nothing of anything else.
        1 << self.outlasted.load(Ordering::Relaxed).min(10)
    }

    /// Notes whether they were gone in time.
    pub(super) fn note_readers(&self, have_gone: bool) {
        let outlasted = match have_gone {
            true => 0,
            false => self.outlasted.load(Ordering::Relaxed).saturating_add(1),
        };
        self.outlasted.store(outlasted, Ordering::Relaxed);
    }

    /// Waits until no other thread uses the instance.
    pub(super) fn exclusive(&self) -> Result<Exclusive<'_, I>, InUseByThisThread> {
        if Using::of(self).is_some() {
            return Err(InUseByThisThread);
        }
        Ok(Exclusive {
            kept: self.write(),
            using: self.begin(Usage::Exclusive),
            left: Vec::new(),
        })
    }

    fn write(&self) -> Alone<'_, Guarded<Option<PooledInstance<I>>>> {
        let attempt = || self.lock.try_alone();
        self.looking.at_once(attempt).unwrap_or_else(|| {
            let _waits = self.waiting.begin();
            let soon = self.looking.soon(attempt);
            soon.unwrap_or_else(|| self.lock.alone(None).expect(ENDLESS))
        })
    }

    /// Has the instance to itself without using it: no mark says so.
    #[cfg(feature = "snapshot")]
    pub(super) fn visit(&self) -> Result<Exclusive<'_, I>, InUseByThisThread> {
        if Using::of(self).is_some() {
            return Err(InUseByThisThread);
        }
        Ok(Exclusive {
            kept: self.write(),
            using: self.using(Usage::Exclusive),
            left: Vec::new(),
        })
    }

    /// Has the instance to itself for a moment. `false` if that takes longer than until then.
    #[cfg(feature = "snapshot")]
    pub(super) fn have(&self, until: Instant) -> bool {
        self.lock.try_alone().is_some() || self.lock.alone(Some(until)).is_some()
    }

    /// Has the instance to itself without using it, as by [`visit`](Entry::visit), where this thread uses none. `None` if
    /// that takes longer than until then.
    #[cfg(feature = "snapshot")]
    pub(super) fn hold(&self, until: Instant) -> Option<CheckedOut<'_, I>> {
        let kept = self.lock.try_alone();
        let kept = kept.or_else(|| self.lock.alone(Some(until)))?;
        Some(CheckedOut { kept })
    }

    #[cfg(feature = "snapshot")]
    pub(super) fn marks(&self) -> &Marks {
        &self.marks
    }

    #[inline]
    fn mark(&self, _usage: Usage) {
        #[cfg(feature = "snapshot")]
        self.marks.note(_usage);
    }

    /// Whether others wait to use the instance.
    pub(super) fn is_waited_for(&self) -> bool {
        self.waiting.is_any() || self.lock.is_waited_for()
    }

    /// Waits until no other thread uses the instance, and no longer than until the deadline.
    pub(super) fn exclusive_until(
        &self,
        deadline: Option<Instant>,
    ) -> Result<Option<Exclusive<'_, I>>, InUseByThisThread> {
        let Some(deadline) = deadline else {
            return self.exclusive().map(Some);
        };
        if Using::of(self).is_some() {
            return Err(InUseByThisThread);
        }
        let attempt = || self.lock.try_alone();
        let kept = self.looking.at_once(attempt).or_else(|| {
            let _waits = self.waiting.begin();
            let soon = self.looking.soon(attempt);
            soon.or_else(|| self.lock.alone(Some(deadline)))
        });
        Ok(kept.map(|kept| Exclusive {
            kept,
            using: self.begin(Usage::Exclusive),
            left: Vec::new(),
        }))
    }

    /// Whether this thread uses the instance, in either way.
    pub(super) fn is_used_by_this_thread(&self) -> bool {
        Using::of(self).is_some()
    }

    /// The instance, unless it is in use.
    pub(super) fn try_exclusive(&self) -> Option<Exclusive<'_, I>> {
        Some(Exclusive {
            kept: self.lock.try_alone()?,
            using: self.begin(Usage::Exclusive),
            left: Vec::new(),
        })
    }

    /// The instance beside those who read it, unless it is in use otherwise, or this thread uses it, which
    /// would wait for itself when it keeps readers out.
    pub(super) fn try_beside(&self) -> Option<Beside<'_, I>> {
        if Using::of(self).is_some() {
            return None;
        }
        Some(Beside {
            kept: self.lock.try_beside()?,
            using: self.begin(Usage::Exclusive),
            left: Vec::new(),
        })
    }

    /// The thread that began to use it last: as long as it is used exclusively, the one that does.
    pub(super) fn user(&self) -> Option<ThreadAt> {
        // Relaxed: it is only told.
        ThreadAt::from_number(self.user.load(Ordering::Relaxed))
    }

    fn begin(&self, usage: Usage) -> Using {
        self.mark(usage);
        self.user
            .store(ThreadAt::this().number(), Ordering::Relaxed);
        self.using(usage)
    }

    /// The instance, unless it is in exclusive use.
    pub(super) fn try_shared(&self) -> Option<SharedUse<'_, I>> {
        Some(SharedUse {
            kept: self.lock.try_read()?,
            _using: self.begin(Usage::Shared),
        })
    }

    /// The instance, unless it is in exclusive use until this time, or this thread uses it, which would wait for itself.
    /// Others need not wake this thread, until it is late.
    pub(super) fn shared_until(&self, until: Instant) -> Option<SharedUse<'_, I>> {
        if Using::of(self).is_some() {
            return None;
        }
        let attempt = || self.lock.try_read();
        let mut kept = self.looking.at_once(attempt);
        while kept.is_none() && Instant::now() < until {
            kept = self.looking.soon(attempt);
            if kept.is_none() {
                thread::sleep(AGAIN);
            }
        }
        let kept = kept.or_else(|| self.lock.read(Some(Instant::now() + LAST)))?;
        Some(SharedUse {
            kept,
            _using: self.begin(Usage::Shared),
        })
    }

    fn read(&self) -> HeldToRead<'_, Guarded<Option<PooledInstance<I>>>> {
        let attempt = || self.lock.try_read();
        let kept = self.looking.at_once(attempt);
        let kept = kept.or_else(|| self.looking.soon(attempt));
        kept.unwrap_or_else(|| self.lock.read(None).expect(ENDLESS))
    }

    /// Waits until no other thread uses the instance exclusively.
    pub(super) fn shared(&self) -> Result<SharedUse<'_, I>, InUseByThisThread> {
        let kept = match Using::of(self) {
            Some(Usage::Exclusive) => return Err(InUseByThisThread),
            // This thread must not wait behind one that waits for it.
            // SAFETY: this thread, or the task that it polls, reads it until this call is over.
            Some(Usage::Shared) => unsafe { self.lock.read_again() },
            None => self.read(),
        };
        Ok(SharedUse {
            kept,
            _using: self.begin(Usage::Shared),
        })
    }

    /// Waits until nothing else uses the instance, without a thread.
    pub(super) async fn exclusive_async(&self) -> Result<CheckedOut<'_, I>, InUseByThisThread> {
        if Using::of(self).is_some() {
            return Err(InUseByThisThread);
        }
        let kept = self.lock.alone_async().await;
        self.mark(Usage::Exclusive);
        self.user.store(0, Ordering::Relaxed);
        Ok(CheckedOut { kept })
    }

    /// Waits until nothing uses the instance exclusively, without a thread.
    pub(super) async fn shared_async(&self) -> Result<ReadByTask<'_, I>, InUseByThisThread> {
        let kept = match Using::of(self) {
            Some(Usage::Exclusive) => return Err(InUseByThisThread),
            // SAFETY: as in `shared`.
            Some(Usage::Shared) => unsafe { self.lock.read_again() },
            None => self.lock.read_async().await,
        };
        self.mark(Usage::Shared);
        self.user.store(0, Ordering::Relaxed);
        Ok(ReadByTask { kept })
    }

    /// How many threads and tasks wait to use the instance.
    pub(super) fn waiting(&self) -> usize {
        self.lock.waiting()
    }

    /// What a task does with the instance, as [`UsedWhilePolled`] has it: a closure may do something before its future
    /// is polled.
    pub(super) fn begun<F>(&self, usage: Usage, begin: impl FnOnce() -> F) -> Option<F> {
        let _using = self.using(usage);
        Some(begin())
    }

    /// This thread uses the instance, for itself or on behalf of a task, until this is dropped.
    #[inline]
    pub(super) fn using(&self, usage: Usage) -> Using {
        Using::begin(
            self,
            usage,
            #[cfg(feature = "snapshot")]
            self.gate,
        )
    }
}

const ENDLESS: &str = "bug in hotmod: to wait without a deadline has no end but its own";

/// Exclusive use of an entry by a task, which may go on on another thread each time, or by a thread that writes all down.
pub(super) struct CheckedOut<'e, I: Interface + ?Sized> {
    kept: Alone<'e, Guarded<Option<PooledInstance<I>>>>,
}

impl<I: Interface + ?Sized> CheckedOut<'_, I> {
    /// What the entry holds.
    pub(super) fn kept(&mut self) -> &mut Option<PooledInstance<I>> {
        &mut self.kept.0
    }
}

/// Shared use of an entry by a task.
pub(super) struct ReadByTask<'e, I: Interface + ?Sized> {
    kept: HeldToRead<'e, Guarded<Option<PooledInstance<I>>>>,
}

impl<I: Interface + ?Sized> ReadByTask<'_, I> {
    /// What the entry holds. Of its state, nothing is used.
    #[cfg(feature = "snapshot")]
    pub(super) fn kept(&self) -> Option<&PooledInstance<I>> {
        self.kept.0.as_ref()
    }
}

impl<I: Interface + ?Sized + Sync> ReadByTask<'_, I> {
    /// What the entry holds.
    pub(super) fn instance(&self) -> Option<&Instance<I>> {
        self.kept.shared().as_ref().map(|kept| &kept.instance)
    }
}

/// What a task does with the instance of an entry: while a thread polls it, or drops it, that thread uses the
/// instance, so that what it comes upon there is told so and does not wait for itself.
pub(super) struct UsedWhilePolled<'f, K, I: Interface + ?Sized, F> {
    pub(super) entry: &'f Entry<K, I>,
    pub(super) usage: Usage,
    pub(super) work: Pin<&'f mut Option<F>>,
}

impl<K, I: Interface + ?Sized, F: Future> Future for UsedWhilePolled<'_, K, I, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let used = self.get_mut();
        let _using = used.entry.using(used.usage);
        let work = used.work.as_mut().as_pin_mut();
        let work = work.expect("bug in hotmod: what was dropped is polled");
        work.poll(context)
    }
}

impl<K, I: Interface + ?Sized, F> Drop for UsedWhilePolled<'_, K, I, F> {
    fn drop(&mut self) {
        let _using = self.entry.using(self.usage);
        self.work.set(None);
    }
}

/// Exclusive use of an entry.
pub(super) struct Exclusive<'e, I: Interface + ?Sized> {
    kept: Alone<'e, Guarded<Option<PooledInstance<I>>>>,
    using: Using,
    /// What is to be taken apart after the lock was given back: it is dropped last.
    left: Vec<LeftState>,
}

impl<I: Interface + ?Sized> Exclusive<'_, I> {
    /// What the entry holds.
    pub(super) fn kept(&mut self) -> &mut Option<PooledInstance<I>> {
        &mut self.kept.0
    }

    /// Has what is left of a state taken apart by this thread, when it lets go of the entry.
    pub(super) fn leave(&mut self, left: Option<LeftState>) {
        self.left.extend(left);
    }
}

impl<'e, I: Interface + ?Sized> HeldAlone for Exclusive<'e, I> {
    type Shared = Beside<'e, I>;

    fn let_readers_in(self) -> Beside<'e, I> {
        Beside {
            kept: self.kept.let_readers_in(),
            using: self.using,
            left: self.left,
        }
    }
}

/// Use of an entry beside those who read it. For this thread it counts as exclusive: what it does meanwhile comes
/// upon the entry as it would without readers.
pub(super) struct Beside<'e, I: Interface + ?Sized> {
    kept: BesideReaders<'e, Guarded<Option<PooledInstance<I>>>>,
    using: Using,
    /// As of [`Exclusive`].
    left: Vec<LeftState>,
}

impl<I: Interface + ?Sized> Beside<'_, I> {
    /// What the entry holds.
    ///
    /// # Safety
    ///
    /// Of its state, only what several threads may share is used.
    pub(super) unsafe fn kept_unchecked(&self) -> Option<&PooledInstance<I>> {
        self.kept.0.as_ref()
    }
}

impl<'e, I: Interface + ?Sized> HeldBeside for Beside<'e, I> {
    type Alone = Exclusive<'e, I>;

    fn keep_readers_out(self, patience: Patience) -> Result<Exclusive<'e, I>, Self> {
        /// How long readers that come are kept out at first, before those that are there have gone. If they have
        /// not, readers are let in for longer than that, and then kept out for twice as long: a reader that is
        /// there for a while holds up others for moments, and readers that take turns do not keep this thread out
        /// for ever.
        const FIRST: Duration = Duration::from_millis(1);
        const MOST: Duration = Duration::from_millis(64);
        let Beside {
            mut kept,
            using,
            left,
        } = self;
        let until = match patience {
            Patience::Endless => {
                let kept = kept.keep_out(None).ok().expect(ENDLESS);
                return Ok(Exclusive { kept, using, left });
            }
            Patience::Until(until) => Some(until),
            Patience::None => None,
        };
        let mut pause = FIRST;
        loop {
            let upgraded = match until {
                Some(_) => kept.keep_out(Some(Instant::now() + pause)),
                None => kept.try_keep_out(),
            };
            kept = match upgraded {
                Ok(kept) => return Ok(Exclusive { kept, using, left }),
                Err(kept) => kept,
            };
            match until {
                Some(until) if Instant::now() < until => thread::sleep(4 * pause),
                _ => return Err(Beside { kept, using, left }),
            }
            pause = (2 * pause).min(MOST);
        }
    }
}

/// Shared use of an entry.
pub(super) struct SharedUse<'e, I: Interface + ?Sized> {
    kept: HeldToRead<'e, Guarded<Option<PooledInstance<I>>>>,
    _using: Using,
}

impl<I: Interface + ?Sized> SharedUse<'_, I> {
    /// What the entry holds. Of its state, nothing is used.
    #[cfg(feature = "snapshot")]
    pub(super) fn kept(&self) -> Option<&PooledInstance<I>> {
        self.kept.0.as_ref()
    }

    /// What the entry holds.
    ///
    /// # Safety
    ///
    /// Of its state, only what several threads may share is used.
    pub(super) unsafe fn instance_unchecked(&self) -> Option<&Instance<I>> {
        self.kept.0.as_ref().map(|kept| &kept.instance)
    }
}

impl<I: Interface + ?Sized + Sync> SharedUse<'_, I> {
    /// What the entry holds.
    pub(super) fn instance(&self) -> Option<&Instance<I>> {
        self.kept.shared().as_ref().map(|kept| &kept.instance)
    }
}
