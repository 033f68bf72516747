//! What a pool and its sweeper share, and how an instance comes into it and is used.

use std::collections::BTreeMap;
#[cfg(feature = "snapshot")]
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock, Weak};

use hotmod::interface::Interface;
use papaya::HashMap;
use parking_lot::Mutex;

use super::assignment::Assignments;
use super::entry::{Entry, Exclusive, PooledInstance, SharedInterface};
use super::error::PoolError;
use super::key::PoolKey;
#[cfg(feature = "snapshot")]
use super::key::WithWire;
use super::roster::Roster;
use super::standing::Standing;
use super::values_pass::ValuesPass;
use crate::call::slot::Track;
#[cfg(feature = "snapshot")]
use crate::helping::GateAt;
use crate::migrate::MigrateError;
use crate::module::instance::Instance;
use crate::module::instance::beside::LeftState;
use crate::module::module::Module;
use crate::module::settle::Listing;
use crate::module::ticking;
#[cfg(feature = "snapshot")]
use crate::uses::gate::Gate;
use crate::wake::Bell;

/// The roster of instances.
type Register<K, I> = Roster<Arc<Entry<K, I>>, Standing, Arc<MigrateError>>;

/// What a pool and its sweeper share.
pub(super) struct Pooled<K, I: Interface + ?Sized> {
    pub(super) module: Module<I>,
    pub(super) entries: HashMap<K, Arc<Entry<K, I>>>,
    /// Locked for moments. A thread that holds an entry may lock this; a thread that has this locked never
    /// waits for an entry.
    pub(super) roster: Mutex<Register<K, I>>,
    pub(super) assignments: Assignments<K>,
    /// Which values of `Lazy`s have been taken along. Held by the thread that does so.
    pub(super) values: Mutex<ValuesPass<Arc<Entry<K, I>>>>,
    /// What exclusive calls have left of states that they took along, for the sweeper's thread.
    pub(super) left: Mutex<Vec<LeftState>>,
    /// Wakes the sweeper, if there is one.
    pub(super) bell: Arc<Bell>,
    /// Has the module know the instances.
    listing: Listing,
    /// By which modules call the instances.
    name: OnceLock<String>,
    /// As a snapshot has them, those of a pool that has a name.
    #[cfg(feature = "snapshot")]
    with_wire: OnceLock<WithWire<K>>,
    #[cfg(feature = "snapshot")]
    pub(super) gate: Arc<Gate>,
    /// The digests of the snapshots that it was restored from.
    #[cfg(feature = "snapshot")]
    pub(super) restored: Mutex<BTreeSet<[u8; 32]>>,
    /// Whether what only reads an instance may change it, by the address of its image.
    #[cfg(feature = "snapshot")]
    pub(super) changed_by_reading: Mutex<Vec<(usize, bool)>>,
}

impl<K, I: Interface + ?Sized> Pooled<K, I> {
    /// Wakes the sweeper for an instance that began to wait after the last publication woke the sweeper.
    /// Called once the roster has the instance's standing: a later publication wakes the sweeper itself.
    pub(super) fn wake_for(&self, standing: &Standing) {
        if standing.waits(self.assignments.number()) {
            self.bell.ring();
        }
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    pub(super) fn new(module: Module<I>) -> Arc<Self>
    where
        I: 'static,
    {
        #[cfg(feature = "snapshot")]
        let gate = module.loaded().settings.gate.clone();
        let pooled = Arc::new(Pooled {
            module,
            entries: HashMap::new(),
            roster: Mutex::new(Roster::new()),
            assignments: Assignments::new(),
            values: Mutex::new(ValuesPass::new()),
            left: Mutex::default(),
            bell: Arc::default(),
            listing: Listing::default(),
            name: OnceLock::new(),
            #[cfg(feature = "snapshot")]
            with_wire: OnceLock::new(),
            #[cfg(feature = "snapshot")]
            gate,
            #[cfg(feature = "snapshot")]
            restored: Mutex::default(),
            #[cfg(feature = "snapshot")]
            changed_by_reading: Mutex::default(),
        });
        #[cfg(feature = "snapshot")]
        {
            let gated: Weak<Self> = Arc::downgrade(&pooled);
            pooled.gate.add(gated);
        }
        let known: Weak<Self> = Arc::downgrade(&pooled);
        let loaded = pooled.module.loaded();
        pooled.listing.list(&loaded.known, known);
        ticking::start_if_idle(loaded);
        pooled
    }

    /// Notes the name by which modules call the instances.
    pub(super) fn has_name(&self, name: &str) {
        // It is given once, before anything else can use the pool.
        let _ = self.name.set(name.to_owned());
    }

    /// The name by which modules call the instances, if it has one.
    #[cfg(feature = "snapshot")]
    pub(super) fn name(&self) -> Option<&str> {
        self.name.get().map(String::as_str)
    }

    /// Notes how keys cross.
    #[cfg(feature = "snapshot")]
    pub(super) fn has_keys(&self, with_wire: WithWire<K>) {
        // As above.
        let _ = self.with_wire.set(with_wire);
    }

    /// The name, and how keys cross.
    #[cfg(feature = "snapshot")]
    pub(super) fn named(&self) -> Option<(&str, WithWire<K>)> {
        Some((self.name()?, *self.with_wire.get()?))
    }

    /// Whether it has one instance, which needs no key.
    #[cfg(feature = "snapshot")]
    pub(super) fn is_lone(&self) -> bool {
        std::any::TypeId::of::<K>() == std::any::TypeId::of::<()>()
    }

    /// Why instances that follow this track are stuck, if some are.
    pub(super) fn unfit_for(&self, track: &Arc<Track>) -> Option<String> {
        let so = |it: &Standing| it.is_stuck() && Arc::ptr_eq(&it.track, track);
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

    /// Uses an instance exclusively, at the version that it follows.
    pub(super) fn with<R>(
        &self,
        entry: &Entry<K, I>,
        work: impl FnOnce(&mut Instance<I>) -> R,
    ) -> Result<R, PoolError> {
        let mut used = self.exclusive_there(entry)?;
        let kept = used.kept().as_mut().ok_or_else(|| self.absent())?;
        let noted = Noted::new(self, kept);
        Ok(work(&mut noted.kept.instance))
    }

    /// Uses an instance, which other threads may read meanwhile, at the version that it is at.
    pub(super) fn with_shared<R>(
        &self,
        entry: &Entry<K, I>,
        work: impl FnOnce(&Instance<I>) -> R,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        let used = entry.shared().map_err(|_| self.in_use())?;
        #[cfg(feature = "snapshot")]
        let used = match self.gate.is_quiet() {
            true => used,
            false => self.pass_to_read(entry, used)?,
        };
        let instance = used.instance().ok_or_else(|| self.absent())?;
        Ok(work(instance))
    }

    pub(super) fn exclusive<'e>(
        &self,
        entry: &'e Entry<K, I>,
    ) -> Result<Exclusive<'e, I>, PoolError> {
        entry.exclusive().map_err(|_| self.in_use())
    }

    /// As [`exclusive`](Pooled::exclusive), once the gate is open.
    #[inline]
    fn passed<'e>(&self, entry: &'e Entry<K, I>) -> Result<Exclusive<'e, I>, PoolError> {
        let used = self.exclusive(entry)?;
        #[cfg(feature = "snapshot")]
        let used = match self.gate.is_quiet() {
            true => used,
            false => self.pass(entry, used)?,
        };
        Ok(used)
    }

    /// Waits until no other thread uses the instance, and takes it where its track leads.
    pub(super) fn exclusive_there<'e>(
        &self,
        entry: &'e Entry<K, I>,
    ) -> Result<Exclusive<'e, I>, PoolError> {
        let used = self.passed(entry)?;
        Ok(self.follow(&entry.key, used))
    }

    /// Makes an instance and puts it under this key. If the key is taken, `make` does not run.
    pub(super) fn fill(
        self: &Arc<Self>,
        key: K,
        make: impl FnOnce(&Arc<Track>) -> Result<Instance<I>, PoolError>,
    ) -> Result<(), PoolError> {
        #[cfg(feature = "snapshot")]
        let _making = self.pass_to_make()?;
        let entry = Arc::new(Entry::empty(
            key.clone(),
            #[cfg(feature = "snapshot")]
            GateAt::of(&*self.gate),
        ));
        // Held before the map has it: a thread that finds the entry waits until the instance is made.
        let mut making = entry.exclusive().map_err(|_| self.exists())?;
        if self.entries.pin().try_insert(key, entry.clone()).is_err() {
            return Err(self.exists());
        }
        let listed = Listed {
            shared: self,
            entry: &entry,
        };
        let assignment = self.assignments.assignment();
        let track = assignment.track(&entry.key, self.module.loaded());
        let mut instance = make(track)?;
        instance.state_mut().set_track(track);
        let noted = Standing::of(instance.state(), assignment.number);
        let reason = instance.state().reason().cloned().map(Arc::new);
        let place = self.roster.lock().add(entry.clone(), noted.clone(), reason);
        *making.kept() = Some(PooledInstance {
            instance,
            place,
            noted: noted.clone(),
        });
        std::mem::forget(listed);
        self.wake_for(&noted);
        Ok(())
    }

    /// Takes an instance out, once no other thread uses it.
    pub(super) fn take(&self, entry: &Arc<Entry<K, I>>) -> Result<Instance<I>, PoolError> {
        let mut used = self.passed(entry)?;
        let mut kept = used.kept().take().ok_or_else(|| self.absent())?;
        #[cfg(feature = "handoff")]
        self.tell_removed(entry);
        let loaded = self.module.loaded();
        let state = kept.instance.state_mut();
        if state.is_of(loaded) {
            // Outside of the pool an instance follows no canary.
            state.set_track(&loaded.track);
        }
        self.roster.lock().remove(kept.place);
        // The entry is still held, so that no thread sees the key without its instance.
        self.unlist(entry);
        Ok(kept.instance)
    }

    /// Frees the key of an entry. The caller holds the entry, which is empty.
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

    #[cfg(feature = "inspect")]
    pub(super) fn still_in_use(&self) -> PoolError {
        PoolError::InUse {
            module: self.module.name().to_owned(),
        }
    }

    /// How many instances are at each version.
    pub(super) fn count_versions(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (standing, count) in self.roster.lock().tally() {
            *counts.entry(standing.at.version.clone()).or_default() += count;
        }
        counts
    }

    pub(super) fn in_use(&self) -> PoolError {
        PoolError::InUseByThisThread {
            module: self.module.name().to_owned(),
        }
    }
}

/// An entry that is listed under its key. Dropping this takes it off the list, if its instance was not
/// made.
struct Listed<'p, K: PoolKey, I: Interface + ?Sized> {
    shared: &'p Pooled<K, I>,
    entry: &'p Arc<Entry<K, I>>,
}

impl<K: PoolKey, I: Interface + ?Sized> Drop for Listed<'_, K, I> {
    fn drop(&mut self) {
        self.shared.unlist(self.entry);
    }
}

/// An instance in exclusive use. When this is dropped, also by a panic, the roster is told where the
/// instance stands.
pub(super) struct Noted<'p, K, I: Interface + ?Sized> {
    shared: &'p Pooled<K, I>,
    pub(super) kept: &'p mut PooledInstance<I>,
}

impl<'p, K, I: Interface + ?Sized> Noted<'p, K, I> {
    pub(super) fn new(shared: &'p Pooled<K, I>, kept: &'p mut PooledInstance<I>) -> Self {
        Noted { shared, kept }
    }
}

impl<K, I: Interface + ?Sized> Drop for Noted<'_, K, I> {
    fn drop(&mut self) {
        self.shared.note(self.kept, self.kept.noted.assignment);
    }
}
