//! One instance that several threads use, behind a lock that the host knows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hotmod::CallError;
use hotmod::interface::Interface;

use super::entry::{Entry, SharedInterface};
use super::error::PoolError;
use super::named;
use super::shared::Pooled;
use super::standing::Standing;
use super::sweep::{Pace, SweepReport, Sweeper};
use crate::migrate::MigrateError;
use crate::module::instance::{CreateError, Instance};
use crate::module::module::Module;

/// One instance that several threads use, and which is used like an instance in a [`Pool`](crate::Pool): what
/// takes the place of a `Mutex<Instance<…>>`. It is cheap to clone; all clones stand for the same instance, which is
/// dropped with the last of them.
///
/// Which of the three a server holds its states by:
///
/// | | for |
/// |---|---|
/// | [`Instance`] | a state with one owner, such as a thread of its own |
/// | `SharedInstance` | one state, or a few of which each is known to the code, that several threads use: a world, a store, a lobby |
/// | [`Pool`](crate::Pool) | many states of a kind, by key: rooms, sessions, shards |
///
/// Of the last two, the host knows the lock. So it can say which thread uses the instance, take it to a
/// new version in the background ([`sweep_every`](SharedInstanceBuilder::sweep_every)), by
/// [`settle`](SharedInstance::settle), and otherwise at its next exclusive use, by whichever comes first. An
/// instance that does not fit stays at its version and can still be used; it is tried again when a version is
/// published. [`stuck`](SharedInstance::stuck) says why.
///
/// With a name, modules call it too ([`name`](SharedInstanceBuilder::name)). A canary has a share of a pool's
/// instances; a shared instance stays with the running version until the canary is promoted.
///
/// # Examples
///
/// ```no_run
/// use hotmod_host::{Host, SharedInstance};
///
/// #[hotmod::interface]
/// pub trait Store: Sync {
///     fn set(&mut self, key: &str, value: &str) -> usize;
///     fn len(&self) -> usize;
/// }
///
/// fn serve(store: SharedInstance<dyn Store>) {
///     let set = store.call(|store| store.set("ada", "lovelace"));
///     println!("{set:?}, {:?}", store.call_shared(|store| store.len()));
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().build()?;
/// let module = host.load::<dyn Store>("modules/libstore.so")?;
/// let store = module.create_shared("")?;
/// for _ in 0..4 {
///     let store = store.clone();
///     std::thread::spawn(move || serve(store));
/// }
/// # Ok(())
/// # }
/// ```
pub struct SharedInstance<I: Interface + ?Sized>(Arc<Lone<I>>);

/// A pool of one, which is always there.
struct Lone<I: Interface + ?Sized> {
    /// Dropped before the instance: the sweeper's thread ends first, so that the thread that drops the
    /// last handle drops it.
    _sweeper: Option<Sweeper>,
    name: Option<String>,
    pooled: Arc<Pooled<(), I>>,
    /// The only entry. Kept here, so that no call has to find it.
    entry: Arc<Entry<(), I>>,
}

impl<I: Interface + ?Sized> SharedInstance<I> {
    /// Chooses how a shared instance of this module works.
    pub fn builder(module: &Module<I>) -> SharedInstanceBuilder<I> {
        SharedInstanceBuilder {
            module: module.clone(),
            name: None,
            sweep: None,
        }
    }

    /// The name by which modules call it, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The module that the instance is of.
    pub fn module(&self) -> &Module<I> {
        &self.0.pooled.module
    }

    /// Calls methods of the instance: as [`with`](SharedInstance::with), but the failure of a call comes as a
    /// [`PoolError`] too.
    ///
    /// # Errors
    ///
    /// As `with`, and [`PoolError::Call`] with the error that the closure returns.
    pub fn call<R>(
        &self,
        work: impl FnOnce(&mut Instance<I>) -> Result<R, CallError>,
    ) -> Result<R, PoolError> {
        Ok(self.with(work)??)
    }

    /// Calls `&self` methods of the instance: as [`with_shared`](SharedInstance::with_shared), but the failure of a
    /// call comes as a [`PoolError`] too.
    ///
    /// # Errors
    ///
    /// As `with_shared`, and [`PoolError::Call`] with the error that the closure returns.
    pub fn call_shared<R>(
        &self,
        work: impl FnOnce(&Instance<I>) -> Result<R, CallError>,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        Ok(self.with_shared(work)??)
    }

    /// Uses the instance exclusively: no other thread uses it until the closure returns. Before the closure
    /// runs, the instance is taken to the current version.
    ///
    /// A panic of the closure is passed on; the instance stays as the panic left it, and in use.
    ///
    /// # Errors
    ///
    /// [`PoolError::InUseByThisThread`] from within a `with` or `with_shared` of the same instance.
    pub fn with<R>(&self, work: impl FnOnce(&mut Instance<I>) -> R) -> Result<R, PoolError> {
        self.0.pooled.with(&self.0.entry, work)
    }

    /// Uses the instance, which other threads may read meanwhile. It stays at its version.
    ///
    /// For interfaces whose states may be shared between threads: `pub trait Store: Sync`.
    ///
    /// # Errors
    ///
    /// [`PoolError::InUseByThisThread`] from within a `with` of the same instance.
    pub fn with_shared<R>(&self, work: impl FnOnce(&Instance<I>) -> R) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        self.0.pooled.with_shared(&self.0.entry, work)
    }

    /// The pool of one, and its entry.
    pub(super) fn pooled(&self) -> (&Pooled<(), I>, &Entry<(), I>) {
        (&self.0.pooled, &self.0.entry)
    }

    /// Has the state looked at, at the version that it is at.
    #[cfg(feature = "inspect")]
    pub(crate) fn look<R>(
        &self,
        look: impl FnOnce(crate::module::instance::looked_at::LookedAt<'_>) -> R,
    ) -> Result<R, PoolError> {
        self.0.pooled.look(&self.0.entry, None, look)
    }

    /// The version that the instance is at, as of now. Waits for no thread that uses it.
    pub fn version(&self) -> String {
        let roster = self.0.pooled.roster.lock();
        let mut tally = roster.tally().iter();
        let standing = tally.next().map(|(standing, _)| standing.at);
        standing.map_or_else(String::new, |image| image.version.clone())
    }

    /// Why the instance could not be taken to the current version. `None` if it is there, or if that was not
    /// tried yet. Waits for no thread that uses it.
    pub fn stuck(&self) -> Option<MigrateError> {
        let roster = self.0.pooled.roster.lock();
        let (stuck, _) = roster.stuck(0, Standing::is_stuck);
        let (_, error) = stuck.into_iter().next()?;
        Some((*error).clone())
    }

    /// Takes the instance to the current version now, unless it is in use. As [`Pool::sweep`](crate::Pool::sweep)
    /// of a pool of one.
    pub fn sweep(&self, budget: Duration) -> SweepReport {
        self.0.pooled.sweep(budget)
    }

    /// Takes the instance to the current version, and waits for threads that use it. If nothing is
    /// [`remaining`](SweepReport::remaining), it is there or [`stuck`](SharedInstance::stuck). If this thread
    /// itself uses it, it remains.
    pub fn settle(&self) -> SweepReport {
        self.0.pooled.settle(None)
    }

    /// As [`settle`](SharedInstance::settle), but waits no longer than this.
    pub fn settle_timeout(&self, within: Duration) -> SweepReport {
        self.0.pooled.settle(Some(within))
    }

    /// The instance itself, if this is the only handle to it: the way back from [`Instance::share`]. Its sweeper ends,
    /// and its name is free again. A module that calls it by its name at that moment is waited for, and later calls find
    /// no instance.
    ///
    /// # Errors
    ///
    /// This handle, if there are others, or if this thread uses the instance already: a module that called it by its
    /// name has led here.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::{Instance, SharedInstance};
    ///
    /// # #[hotmod::interface]
    /// # pub trait Store: Sync {
    /// #     fn len(&self) -> usize;
    /// # }
    /// fn alone(store: SharedInstance<dyn Store>) -> Option<Instance<dyn Store>> {
    ///     store.try_into_instance().ok()
    /// }
    /// ```
    pub fn try_into_instance(self) -> Result<Instance<I>, Self> {
        if self.0.entry.is_used_by_this_thread() {
            return Err(self);
        }
        let Lone {
            _sweeper: sweeper,
            pooled,
            entry,
            ..
        } = Arc::try_unwrap(self.0).map_err(SharedInstance)?;
        drop(sweeper);
        let taken = pooled.take(&entry);
        Ok(taken.expect("bug in hotmod: a shared instance is there until its last handle is gone"))
    }
}

impl<I: Interface + ?Sized> Clone for SharedInstance<I> {
    fn clone(&self) -> Self {
        SharedInstance(self.0.clone())
    }
}

impl<I: Interface + ?Sized> fmt::Debug for SharedInstance<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedInstance")
            .field("name", &self.name())
            .field("module", &self.module().name())
            .field("version", &self.version())
            .finish()
    }
}

impl<I: Interface + ?Sized + 'static> Module<I> {
    /// Creates an instance that several threads use: a state made by the module's `#[hotmod::init]`.
    /// [`SharedInstance::builder`] makes one that has a name, or follows updates in the background.
    ///
    /// # Errors
    ///
    /// [`CreateError`] if the init returns an error or panics, or there is none.
    pub fn create_shared(&self, config: &str) -> Result<SharedInstance<I>, CreateError> {
        Ok(self.create(config)?.share())
    }
}

impl<I: Interface + ?Sized + 'static> Instance<I> {
    /// Has several threads use this instance.
    pub fn share(self) -> SharedInstance<I> {
        let builder = SharedInstance::builder(&self.handle());
        let shared = builder.finish(|_| Ok(self));
        shared.expect("bug in hotmod: an instance without a name and a thread can always be shared")
    }
}

/// Chooses how a [`SharedInstance`] works.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
///
/// use hotmod_host::{Host, SharedInstance};
///
/// #[hotmod::interface]
/// pub trait Lobby {
///     fn greet(&mut self, name: &str) -> usize;
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().build()?;
/// let module = host.load::<dyn Lobby>("modules/liblobby.so")?;
/// let lobby = SharedInstance::builder(&module)
///     .name("lobby")
///     .sweep_every(Duration::from_millis(50), Duration::from_millis(5))
///     .create("the hall")?;
/// println!("{}", lobby.call(|lobby| lobby.greet("ada"))?);
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `create` is called"]
pub struct SharedInstanceBuilder<I: Interface + ?Sized> {
    module: Module<I>,
    name: Option<String>,
    sweep: Option<Pace>,
}

impl<I: Interface + ?Sized + 'static> SharedInstanceBuilder<I> {
    /// Gives the instance a name, by which modules call it
    /// ([`static LOBBY: hotmod::Instance<dyn Lobby>`](macro@hotmod::import)). It is that of one pool or shared
    /// instance of the host, until that is dropped.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Takes the instance along in the background, by a thread of its own: as
    /// [`PoolBuilder::sweep_every`](crate::PoolBuilder::sweep_every). The thread ends with the last handle.
    pub fn sweep_every(mut self, tick: Duration, budget: Duration) -> Self {
        self.sweep = Some(Pace { tick, budget });
        self
    }

    /// The instance: a state made by the module's `#[hotmod::init]`.
    ///
    /// # Errors
    ///
    /// [`PoolError::NameTaken`] if a pool or an instance of this host has the name,
    /// [`PoolError::CalledOtherwise`] if a module calls a pool by it, or an instance of another module, and
    /// [`PoolError::NoThread`] if the thread that is to sweep cannot be started; then the init does not run. [`PoolError::Create`] if the
    /// module did not create it.
    pub fn create(self, config: &str) -> Result<SharedInstance<I>, PoolError> {
        self.finish(|module| Ok(module.create(config)?))
    }

    /// The module that the instance is to be of, and its name.
    #[cfg(feature = "snapshot")]
    pub(crate) fn chosen(&self) -> (&Module<I>, Option<&str>) {
        (&self.module, self.name.as_deref())
    }

    pub(super) fn finish(
        self,
        make: impl FnOnce(&Module<I>) -> Result<Instance<I>, PoolError>,
    ) -> Result<SharedInstance<I>, PoolError> {
        let pooled = Pooled::new(self.module);
        if let Some(name) = &self.name {
            named::register(&pooled, name, None)?;
        }
        let sweeper = self.sweep.map(|pace| Sweeper::start(&pooled, pace));
        let sweeper = sweeper.transpose().map_err(|error| PoolError::NoThread {
            module: pooled.module.name().to_owned(),
            error: error.to_string(),
        })?;
        pooled.fill((), |_| make(&pooled.module))?;
        Ok(SharedInstance(Arc::new(Lone {
            _sweeper: sweeper,
            name: self.name,
            entry: pooled.entry(&())?,
            pooled,
        })))
    }
}

impl<I: Interface + ?Sized> fmt::Debug for SharedInstanceBuilder<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedInstanceBuilder")
            .field("module", &self.module)
            .field("name", &self.name)
            .field("sweep", &self.sweep)
            .finish()
    }
}
