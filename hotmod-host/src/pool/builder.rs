//! How a pool works, by the server's choice.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use hotmod::interface::Interface;

use super::key::PoolKey;
use super::pool::Pool;
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
pub struct PoolBuilder<K, I: ?Sized> {
    key: PhantomData<fn() -> K>,
    module: Module<I>,
    sweep: Option<Pace>,
}

impl<K: PoolKey, I: Interface + ?Sized> PoolBuilder<K, I> {
    fn new(module: Module<I>) -> Self {
        PoolBuilder {
            key: PhantomData,
            module,
            sweep: None,
        }
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
    /// If the thread that is to sweep cannot be started.
    pub fn build(self) -> io::Result<Pool<K, I>>
    where
        I: 'static,
    {
        let mut pool = Pool::new(self.module);
        if let Some(pace) = self.sweep {
            pool._sweeper = Some(Sweeper::start(&pool.shared, pace)?);
        }
        Ok(pool)
    }
}

impl<K, I: ?Sized> fmt::Debug for PoolBuilder<K, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder")
            .field("module", &self.module)
            .field("sweep", &self.sweep)
            .finish()
    }
}
