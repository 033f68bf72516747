//! What a pool and its sweeper share, and how an instance comes into it and is used.

use std::sync::Arc;

use hotmod::interface::Interface;
use papaya::HashMap;
use parking_lot::Mutex;

use super::assignment::Assignments;
use super::entry::{Entry, Exclusive, Kept};
use super::error::PoolError;
use super::key::PoolKey;
use super::roster::Roster;
use super::standing::Standing;
use crate::call::slot::Lane;
use crate::migrate::MigrateError;
use crate::module::instance::Instance;
use crate::module::module::Module;
use crate::wake::Bell;

/// The roster of instances.
type Register<K, I> = Roster<Arc<Entry<K, I>>, Standing, Arc<MigrateError>>;

/// What a pool and its sweeper share.
pub(super) struct Pooled<K, I: Interface + ?Sized> {
    pub(super) module: Module<I>,
    pub(super) entries: HashMap<K, Arc<Entry<K, I>>>,
    /// Locked for moments, and by those who hold an entry too; never the other way round.
    pub(super) roster: Mutex<Register<K, I>>,
    pub(super) assignments: Assignments<K>,
    /// Wakes the sweeper, if there is one.
    pub(super) bell: Arc<Bell>,
}

impl<K, I: Interface + ?Sized> Pooled<K, I> {
    /// Wakes the sweeper for an instance that came to wait after everybody was woken. After the
    /// roster says where it stands: what is published from here on wakes the sweeper by itself.
    fn wake_for(&self, standing: &Standing) {
        if standing.waits(self.assignments.number()) {
            self.bell.ring();
        }
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    pub(super) fn new(module: Module<I>) -> Self {
        Pooled {
            module,
            entries: HashMap::new(),
            roster: Mutex::new(Roster::new()),
            assignments: Assignments::new(),
            bell: Arc::default(),
        }
    }

    /// Why those of a lane are stuck that are.
    pub(super) fn unfit_for(&self, lane: &Arc<Lane>) -> Option<String> {
        let so = |it: &Standing| it.is_stuck() && Arc::ptr_eq(&it.lane, lane);
        let roster = self.roster.lock();
        let count = roster.count_of(so);
        let mut from = Some(0);
        while let Some(place) = from {
            let (found, next) = roster.stuck(place, so);
            if let Some((_, error)) = found.first() {
                return Some(format!("{count} instances do not fit it; one: {error}"));
            }
            from = next;
        }
        None
    }

    pub(super) fn entry(&self, key: &K) -> Result<Arc<Entry<K, I>>, PoolError> {
        let found = self.entries.pin().get(key).cloned();
        found.ok_or_else(|| self.absent())
    }

    pub(super) fn exclusive<'e>(
        &self,
        entry: &'e Entry<K, I>,
    ) -> Result<Exclusive<'e, I>, PoolError> {
        entry.exclusive().map_err(|_| self.in_use())
    }

    /// Puts what is made under a key that is free. If it is not, nothing is made.
    pub(super) fn fill(
        self: &Arc<Self>,
        key: K,
        make: impl FnOnce(&Arc<Lane>) -> Result<Instance<I>, PoolError>,
    ) -> Result<(), PoolError> {
        let entry = Arc::new(Entry::empty(key.clone()));
        // Held before it can be found: a thread that finds it waits until it is made.
        let mut making = entry.exclusive().map_err(|_| self.exists())?;
        if self.entries.pin().try_insert(key, entry.clone()).is_err() {
            return Err(self.exists());
        }
        let listed = Listed {
            shared: self,
            entry: &entry,
        };
        let assignment = self.assignments.assignment();
        let lane = assignment.lane(&entry.key, self.module.loaded());
        let mut instance = make(lane)?;
        instance.state_mut().set_lane(lane);
        let noted = Standing::of(instance.state(), assignment.number);
        let reason = instance.state().reason().cloned().map(Arc::new);
        let place = self.roster.lock().add(entry.clone(), noted.clone(), reason);
        *making.kept() = Some(Kept {
            instance,
            place,
            noted: noted.clone(),
        });
        std::mem::forget(listed);
        self.wake_for(&noted);
        Ok(())
    }

    /// Gives an entry's key free. Who calls this holds the entry, which is empty.
    pub(super) fn unlist(&self, entry: &Arc<Entry<K, I>>) {
        let is_this = |_: &K, known: &Arc<Entry<K, I>>| Arc::ptr_eq(known, entry);
        let removed = self.entries.pin().remove_if(&entry.key, is_this).is_ok();
        debug_assert!(removed, "a key belongs to its entry until that is empty");
    }

    pub(super) fn absent(&self) -> PoolError {
        PoolError::Absent {
            module: self.module.name().to_owned(),
        }
    }

    pub(super) fn exists(&self) -> PoolError {
        PoolError::Exists {
            module: self.module.name().to_owned(),
        }
    }

    pub(super) fn in_use(&self) -> PoolError {
        PoolError::InUseByThisThread {
            module: self.module.name().to_owned(),
        }
    }
}

/// An entry that is listed under its key, and is not any more if its instance is not made.
struct Listed<'p, K: PoolKey, I: Interface + ?Sized> {
    shared: &'p Pooled<K, I>,
    entry: &'p Arc<Entry<K, I>>,
}

impl<K: PoolKey, I: Interface + ?Sized> Drop for Listed<'_, K, I> {
    fn drop(&mut self) {
        self.shared.unlist(self.entry);
    }
}

/// An instance in exclusive use. Wherever it stands afterwards, also after a panic, the roster
/// says so.
pub(super) struct Noted<'p, K, I: Interface + ?Sized> {
    shared: &'p Pooled<K, I>,
    pub(super) kept: &'p mut Kept<I>,
    /// The number of the assignment that its lane was chosen by.
    assignment: u64,
}

impl<'p, K: PoolKey, I: Interface + ?Sized> Noted<'p, K, I> {
    /// Takes the instance to where it belongs.
    pub(super) fn follow(shared: &'p Pooled<K, I>, key: &K, kept: &'p mut Kept<I>) -> Self {
        let mut noted = Noted {
            assignment: kept.noted.assignment,
            shared,
            kept,
        };
        if noted.assignment != shared.assignments.number() {
            noted.choose(key);
        }
        noted.kept.instance.state_mut().follow();
        noted.note();
        noted
    }

    #[cold]
    fn choose(&mut self, key: &K) {
        let assignment = self.shared.assignments.assignment();
        let loaded = self.shared.module.loaded();
        let state = self.kept.instance.state_mut();
        // One that was exchanged for an instance of another module follows that.
        if state.is_of(loaded) {
            state.set_lane(assignment.lane(key, loaded));
        }
        self.assignment = assignment.number;
    }
}

impl<K, I: Interface + ?Sized> Noted<'_, K, I> {
    /// Tells the roster where the instance stands.
    fn note(&mut self) {
        let state = self.kept.instance.state();
        if self.assignment != self.kept.noted.assignment || !self.kept.noted.holds(state) {
            let noted = Standing::of(state, self.assignment);
            let reason = state.reason().cloned().map(Arc::new);
            let mut roster = self.shared.roster.lock();
            roster.set(self.kept.place, noted.clone(), reason);
            drop(roster);
            self.shared.wake_for(&noted);
            self.kept.noted = noted;
        }
    }
}

impl<K, I: Interface + ?Sized> Drop for Noted<'_, K, I> {
    fn drop(&mut self) {
        self.note();
    }
}
