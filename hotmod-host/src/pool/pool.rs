//! Pools: many instances of one module, each under a key.
//!
//! A thread waits only for the instance that it uses: the map from keys to entries takes no lock, each
//! entry has a lock of its own, and the roster, which counts, is locked for moments.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hotmod::CallError;
use hotmod::interface::Interface;
use hotmod_file::Refusal;

use super::entry::SharedInterface;
use super::error::{InsertError, PoolError};
use super::key::PoolKey;
use super::rehearse::PoolRehearsalReport;
use super::shared::Pooled;
use super::standing::Standing;
use super::sweep::{SweepReport, Sweeper};
use crate::migrate::MigrateError;
use crate::module::history::OnTrial;
use crate::module::instance::Instance;
use crate::module::module::Module;
use crate::trial::canary::{Canary, CanaryOptions};
use crate::trial::candidate::Candidate;
use crate::trial::trial;

/// Many instances of one module, each under a key: rooms, sessions, players. Created, used, removed
/// and migrated from any thread at any time; share it as `Arc<Pool<…>>`, or borrowed.
///
/// A thread that uses an instance waits only for threads that use the same instance: not for a call or a
/// migration of another one, and not for the pool to grow.
///
/// After an update each instance is taken to the new version at its next exclusive use, by
/// [`sweep`](Pool::sweep), or by a thread in the background
/// ([`PoolBuilder::sweep_every`](crate::PoolBuilder::sweep_every)), whichever comes first. An instance that
/// does not fit stays at its version and can still be used; it is tried again when a version is published.
/// [`stuck`](Pool::stuck) lists it.
///
/// While its new state is made, shared calls of an instance go on, where nothing that they reach could be changed or
/// shared meanwhile ([`Preparation`](crate::plan::Preparation)). They wait for the moment in which the new state takes the place of
/// the old one.
///
/// Dropping the pool drops its instances. One instance that several threads use is a
/// [`SharedInstance`](crate::SharedInstance).
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
///
/// use hotmod_host::{Host, Pool};
///
/// #[hotmod::interface]
/// pub trait Room: Sync {
///     fn enter(&mut self, name: &str) -> usize;
///     fn guests(&self) -> Vec<String>;
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().build()?;
/// let module = host.load::<dyn Room>("modules/librooms.so")?;
/// let rooms: Pool<u64, dyn Room> = Pool::builder(&module)
///     .sweep_every(Duration::from_millis(50), Duration::from_millis(5))
///     .build()?;
///
/// rooms.create(7, "the attic")?;
/// rooms.call(&7, |room| room.enter("ada"))?;
/// println!("{:?}", rooms.call_shared(&7, |room| room.guests())?);
///
/// module.update("modules/librooms.so")?; // a rebuilt file
/// println!("{:?}", rooms.counts()); // {"1.0.0": 1}, soon {"1.1.0": 1}
/// # Ok(())
/// # }
/// ```
pub struct Pool<K: PoolKey, I: Interface + ?Sized> {
    /// Dropped before the instances: the sweeper's thread ends first, so that the thread that drops the
    /// pool drops them.
    pub(super) _sweeper: Option<Sweeper>,
    pub(super) shared: Arc<Pooled<K, I>>,
}

impl<K: PoolKey, I: Interface + ?Sized> Pool<K, I> {
    pub(crate) fn new(module: Module<I>) -> Self
    where
        I: 'static,
    {
        Pool {
            _sweeper: None,
            shared: Pooled::new(module),
        }
    }

    /// The module that the instances are of.
    pub fn module(&self) -> &Module<I> {
        &self.shared.module
    }

    /// Creates an instance under this key: a state made by the module's `#[hotmod::init]`. A
    /// thread that asks for the key meanwhile waits for it.
    ///
    /// # Errors
    ///
    /// [`PoolError::Exists`] if there is one under the key, or one is being created; then the init
    /// does not run. [`PoolError::Create`] if the module did not create it.
    pub fn create(&self, key: K, config: &str) -> Result<(), PoolError> {
        let module = &self.shared.module;
        self.shared
            .fill(key, |track| Ok(module.create_in(track, config)?))
    }

    /// Puts an instance of the module under this key.
    ///
    /// # Errors
    ///
    /// [`InsertError`], which gives the instance back: [`PoolError::Exists`] if there is one under
    /// the key, or one is being created; [`PoolError::OtherModule`] if the instance is not of the
    /// module that the pool was made from.
    pub fn insert(&self, key: K, instance: Instance<I>) -> Result<(), InsertError<I>> {
        let module = &self.shared.module;
        if !instance.state().is_of(module.loaded()) {
            let error = PoolError::OtherModule {
                module: module.name().to_owned(),
                found: instance.module().to_owned(),
            };
            return Err(InsertError { instance, error });
        }
        let mut instance = Some(instance);
        let taken = self
            .shared
            .fill(key, |_| instance.take().ok_or_else(|| self.shared.exists()));
        if let Some(instance) = instance {
            let error = self.shared.exists();
            return Err(InsertError { instance, error });
        }
        debug_assert!(taken.is_ok(), "an instance that was taken is in its place");
        Ok(())
    }

    /// Calls methods of an instance: as [`with`](Pool::with), but the failure of a call comes as a
    /// [`PoolError`] too.
    ///
    /// # Errors
    ///
    /// As `with`, and [`PoolError::Call`] with the error that the closure returns.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn enter(&mut self, name: &str) -> usize;
    /// #     fn guests(&self) -> Vec<String>;
    /// # }
    /// use hotmod_host::{Pool, PoolError};
    ///
    /// fn enter(rooms: &Pool<u64, dyn Room>, name: &str) -> Result<Vec<String>, PoolError> {
    ///     let place = rooms.call(&7, |room| room.enter(name))?;
    ///     println!("{name} is number {place}");
    ///     rooms.call(&8, |room| {
    ///         room.enter(name)?;
    ///         room.guests()
    ///     })
    /// }
    /// ```
    pub fn call<R>(
        &self,
        key: &K,
        work: impl FnOnce(&mut Instance<I>) -> Result<R, CallError>,
    ) -> Result<R, PoolError> {
        Ok(self.with(key, work)??)
    }

    /// Calls `&self` methods of an instance: as [`with_shared`](Pool::with_shared), but the failure of a
    /// call comes as a [`PoolError`] too.
    ///
    /// # Errors
    ///
    /// As `with_shared`, and [`PoolError::Call`] with the error that the closure returns.
    pub fn call_shared<R>(
        &self,
        key: &K,
        work: impl FnOnce(&Instance<I>) -> Result<R, CallError>,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        Ok(self.with_shared(key, work)??)
    }

    /// Uses an instance exclusively: no other thread uses it until the closure returns. Before the closure
    /// runs, the instance is taken to the version that it follows: the current one, or that of a canary
    /// whose share it is in.
    ///
    /// A panic of the closure is passed on; the instance stays in the pool as the panic left it. A closure
    /// that uses a second instance of the pool waits for that one as any thread does, so threads that use
    /// two at once have to take them in the same order.
    ///
    /// # Errors
    ///
    /// [`PoolError::Absent`] if there is no instance under the key.
    /// [`PoolError::InUseByThisThread`] from within a `with` or `with_shared` of the same key.
    pub fn with<R>(
        &self,
        key: &K,
        work: impl FnOnce(&mut Instance<I>) -> R,
    ) -> Result<R, PoolError> {
        let entry = self.shared.entry(key)?;
        self.shared.with(&entry, work)
    }

    /// Uses an instance, which other threads may read meanwhile. It stays at its version.
    ///
    /// For interfaces whose states may be shared between threads: `pub trait Room: Sync`.
    ///
    /// # Errors
    ///
    /// [`PoolError::Absent`] if there is no instance under the key.
    /// [`PoolError::InUseByThisThread`] from within a `with` of the same key.
    pub fn with_shared<R>(
        &self,
        key: &K,
        work: impl FnOnce(&Instance<I>) -> R,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        let entry = self.shared.entry(key)?;
        self.shared.with_shared(&entry, work)
    }

    /// How many threads and tasks wait to use an instance, as of now.
    ///
    /// # Errors
    ///
    /// [`PoolError::Absent`] if there is no instance under the key.
    pub fn waiting(&self, key: &K) -> Result<usize, PoolError> {
        Ok(self.shared.entry(key)?.waiting())
    }

    /// Takes an instance out of the pool, once no other thread uses it.
    ///
    /// # Errors
    ///
    /// [`PoolError::Absent`] if there is no instance under the key.
    /// [`PoolError::InUseByThisThread`] from within a `with` or `with_shared` of the same key.
    pub fn remove(&self, key: &K) -> Result<Instance<I>, PoolError> {
        self.shared.take(&self.shared.entry(key)?)
    }

    /// Whether there is an instance under this key, or one is being created.
    pub fn contains(&self, key: &K) -> bool {
        self.shared.entries.pin().contains_key(key)
    }

    /// How many instances there are.
    pub fn len(&self) -> usize {
        self.shared.roster.lock().len()
    }

    /// Whether there is no instance.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys of all instances, in no particular order. The key of an instance that is created or removed
    /// meanwhile may be among them or not.
    pub fn keys(&self) -> Vec<K> {
        let mut keys = Vec::with_capacity(self.len());
        let page = |page| self.shared.roster.lock().page(page);
        // Page by page: the roster is locked only while one page is read, and not while keys are cloned.
        for entries in (0..).map_while(page) {
            keys.extend(entries.iter().map(|entry| entry.key.clone()));
        }
        keys
    }

    /// How many instances are at each version, at this moment. Kept up to date with every instance
    /// that comes, goes or is migrated, so that asking is cheap.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.shared.count_versions()
    }

    /// The instances that could not be taken to the current version, each with its key and why.
    pub fn stuck(&self) -> Vec<(K, MigrateError)> {
        let mut stuck = Vec::new();
        let mut from = Some(0);
        while let Some(place) = from {
            let (found, next) = self.shared.roster.lock().stuck(place, Standing::is_stuck);
            let found = found.into_iter();
            stuck.extend(found.map(|(entry, error)| (entry.key.clone(), (*error).clone())));
            from = next;
        }
        stuck
    }

    /// Finds out which instances this candidate would take along. One after the other, it makes the new
    /// state of each beside the old one and checks it; then the new state is given up. Every instance stays
    /// as it is, at its version. See [`Candidate`] for what this finds, and what it does not.
    ///
    /// It waits for no instance: it leaves out those that are in use, those that are not at the version
    /// that the candidate would replace, and those of the module that are not in the pool. A thread that
    /// wants an instance while that is rehearsed waits for it.
    pub fn rehearse(&self, candidate: &Candidate) -> PoolRehearsalReport<K> {
        self.shared.rehearse(candidate)
    }

    /// Takes instances that are not at the current version there, one after the other, until the budget is
    /// used up; the next sweep goes on from there. At least one is tried. Instances that are in use are
    /// left to their next exclusive use, or to the next sweep; but for those that are only read, and may be read
    /// while their new state is made: for their readers a sweep waits about as long as that took.
    ///
    /// The budget is checked between two instances, so a sweep may exceed it by the time that its last
    /// instance takes.
    ///
    /// What is left of the budget then is for the values of [`Lazy`](hotmod::Lazy)s that are not at the version of their
    /// instance. To find some, it holds the instance for moments, beside those who read it; it takes them along while
    /// the instance is not held.
    pub fn sweep(&self, budget: Duration) -> SweepReport {
        self.shared.sweep(budget)
    }

    /// Takes every instance to the current version, and waits for those that are in use. If none is
    /// [`remaining`](SweepReport::remaining), each is there or [`stuck`](Pool::stuck).
    ///
    /// An instance that this thread itself uses remains. This thread does the work, without a budget, also
    /// where there is a sweeper. Values of [`Lazy`](hotmod::Lazy)s are taken along, too.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use hotmod_host::Pool;
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn enter(&mut self, name: &str) -> usize;
    /// # }
    ///
    /// # fn serve(rooms: Pool<u64, dyn Room>) -> Result<(), hotmod_host::Refusal> {
    /// rooms.module().update("librooms.so")?;
    /// let settled = rooms.settle_timeout(Duration::from_secs(10));
    /// println!("{settled}");
    /// for (key, error) in rooms.stuck() {
    ///     println!("{key}: {error}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle(&self) -> SweepReport {
        self.shared.settle(None)
    }

    /// As [`settle`](Pool::settle), but for no longer than this. The time is checked between two instances.
    pub fn settle_timeout(&self, time: Duration) -> SweepReport {
        self.shared.settle(Some(time))
    }
}

impl<K: PoolKey, I: Interface + ?Sized + 'static> Pool<K, I> {
    /// Puts the version in this file on trial: it is inspected, verified, compared, staged and loaded as
    /// for an update, but only a share of this pool's instances follows it, those that are created
    /// meanwhile included. Functions, and instances outside of the pool, stay with the running version.
    /// Each instance moves at its next exclusive use, or when the sweeper reaches it.
    ///
    /// The calls of both versions are counted; if those of the candidate exceed a limit, the canary
    /// is aborted by itself. Dropping the pool aborts it too, and so does a rollback of the running
    /// version.
    ///
    /// # Errors
    ///
    /// [`Refusal`] as for an update; also if the state of instances could not come back from the
    /// candidate, if the file is the very one that runs, or if another canary of the module runs.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use hotmod_host::{CallLimits, Pool, CanaryOptions};
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn enter(&mut self, name: &str) -> usize;
    /// # }
    ///
    /// # fn serve(rooms: Pool<u64, dyn Room>) -> Result<(), hotmod_host::Refusal> {
    /// let limits = CallLimits::new().panics(0.0).errors(0.01).least(1000);
    /// let canary = rooms.canary("librooms.so", CanaryOptions::percent(5).limits(limits))?;
    /// canary.promote_after(Duration::from_secs(600));
    /// println!("{}", canary.report().candidate);
    /// canary.detach();
    /// # Ok(())
    /// # }
    /// ```
    pub fn canary(
        &self,
        file: impl AsRef<Path>,
        options: CanaryOptions<K>,
    ) -> Result<Canary, Refusal> {
        begin_canary(&self.shared, file.as_ref(), options)
    }
}

/// Puts a candidate on trial with a share of the instances.
pub(super) fn begin_canary<K: PoolKey, I: Interface + ?Sized + 'static>(
    shared: &Arc<Pooled<K, I>>,
    file: &Path,
    options: CanaryOptions<K>,
) -> Result<Canary, Refusal> {
    let loaded = shared.module.loaded();
    let trial = trial::begin(loaded, file, options.limits, options.settle)?;
    shared.assignments.set(options.share, trial.clone());
    shared.bell.ring();
    let unfit = {
        let (shared, trial) = (Arc::downgrade(shared), Arc::downgrade(&trial));
        move || {
            let (shared, trial) = (shared.upgrade()?, trial.upgrade()?);
            shared.unfit_for(trial.track())
        }
    };
    Ok(Canary::new(loaded.clone(), trial, Arc::new(unfit)))
}

impl<I: Interface + ?Sized + 'static> Module<I> {
    /// An empty pool of instances, each under a key. [`Pool::builder`] makes a pool that takes its
    /// instances to a new version in the background.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::{Host, Pool};
    ///
    /// #[hotmod::interface]
    /// pub trait Room {
    ///     fn enter(&mut self, name: &str) -> usize;
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().build()?;
    /// let module = host.load::<dyn Room>("modules/librooms.so")?;
    /// let rooms: Pool<u64, dyn Room> = module.pool();
    /// rooms.create(7, "the attic")?;
    /// let guests = rooms.call(&7, |room| room.enter("ada"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn pool<K: PoolKey>(&self) -> Pool<K, I> {
        Pool::new(self.clone())
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Drop for Pool<K, I> {
    fn drop(&mut self) {
        // Without the pool, no instance is left to try the candidate.
        if let Some((_, trial)) = self.shared.assignments.assignment().trial {
            trial.abort("its pool was dropped");
        }
    }
}

impl<K: PoolKey, I: Interface + ?Sized> fmt::Debug for Pool<K, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("module", &self.shared.module.name())
            .field("counts", &self.counts())
            .finish()
    }
}
