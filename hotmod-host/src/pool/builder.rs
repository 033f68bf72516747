//! How a pool works, by the server's choice.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use hotmod::interface::Interface;

use super::error::PoolError;
use super::key::PoolKey;
use super::named::{self, NamedKey};
use super::pool::Pool;
use super::shared::Pooled;
use super::sweep::{Pace, Sweeper};
use crate::module::module::Module;

impl<K: PoolKey, I: Interface + ?Sized> Pool<K, I> {
    /// Chooses how a pool of this module works.
    pub fn builder(module: &Module<I>) -> PoolBuilder<K, I> {
        PoolBuilder::new(module.clone())
    }
}

/// Chooses how a [`Pool`] works.
#[must_use = "a builder does nothing until `build` is called"]
pub struct PoolBuilder<K, I: Interface + ?Sized> {
    key: PhantomData<fn() -> K>,
    module: Module<I>,
    sweep: Option<Pace>,
    /// The name, and what has the host know the pool by it.
    name: Option<(String, Naming<K, I>)>,
}

/// Has a host know a pool by a name. A pool has one only where its keys cross to modules.
type Naming<K, I> = fn(&Arc<Pooled<K, I>>, &str) -> io::Result<()>;

impl<K: PoolKey, I: Interface + ?Sized> PoolBuilder<K, I> {
    fn new(module: Module<I>) -> Self {
        PoolBuilder {
            key: PhantomData,
            module,
            sweep: None,
            name: None,
        }
    }

    /// Gives the pool a name, by which modules call its instances
    /// ([`#[hotmod::import]`](macro@hotmod::import)). It is that of one pool or
    /// [shared instance](crate::SharedInstance) of the host, until that is dropped. The keys cross to modules, so
    /// they are numbers, texts, tuples of such, or described types; of a module and a pool that have keys of
    /// different types, the one that comes second is refused.
    ///
    /// ```no_run
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn say(&mut self, text: &str);
    /// # }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotmod_host::{Host, Pool};
    ///
    /// let host = Host::builder().build()?;
    /// let module = host.load::<dyn Room>("modules/libchat.so")?;
    /// let rooms: Pool<u64, dyn Room> = Pool::builder(&module).name("rooms").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self
    where
        K: NamedKey,
        I: 'static,
    {
        let naming: Naming<K, I> = |shared, name| {
            let keys = named::keys::<K>(name).map_err(io::Error::other)?;
            named::register(shared, name, Some(keys)).map_err(|error| {
                let kind = match error {
                    PoolError::NameTaken { .. } => io::ErrorKind::AlreadyExists,
                    _ => io::ErrorKind::InvalidInput,
                };
                io::Error::new(kind, error)
            })
        };
        self.name = Some((name.into(), naming));
        self
    }

    /// Sweeps in the background, by a thread of the pool: it sleeps until an update is published,
    /// then works up to `budget` out of every `tick` until no instance waits. It ends when the pool
    /// is dropped. See [`Pool::sweep`] for what the budget bounds.
    pub fn sweep_every(mut self, tick: Duration, budget: Duration) -> Self {
        self.sweep = Some(Pace { tick, budget });
        self
    }

    /// The pool, empty.
    ///
    /// # Errors
    ///
    /// If the thread that is to sweep cannot be started, or the name is taken
    /// ([`AlreadyExists`](io::ErrorKind::AlreadyExists), with what has it), or a module that is loaded calls a pool
    /// of another module by it, or one by other keys ([`InvalidInput`](io::ErrorKind::InvalidInput), with who does).
    pub fn build(self) -> io::Result<Pool<K, I>>
    where
        I: 'static,
    {
        let mut pool = Pool::new(self.module);
        if let Some((name, naming)) = self.name {
            naming(&pool.shared, &name)?;
        }
        if let Some(pace) = self.sweep {
            pool._sweeper = Some(Sweeper::start(&pool.shared, pace)?);
        }
        Ok(pool)
    }
}

impl<K, I: Interface + ?Sized> fmt::Debug for PoolBuilder<K, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder")
            .field("module", &self.module)
            .field("name", &self.name.as_ref().map(|(name, _)| name))
            .field("sweep", &self.sweep)
            .finish()
    }
}
