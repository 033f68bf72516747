//! Instances in use over awaits: tasks check them out, or read them.

use std::ops::Deref;
use std::pin::pin;

use hotmod::CallError;
use hotmod::interface::Interface;

use super::entry::{Entry, PooledInstance, SharedInterface, UsedWhilePolled};
use super::error::PoolError;
use super::key::PoolKey;
use super::pool::Pool;
use super::shared::{Noted, Pooled};
use super::shared_instance::SharedInstance;
use crate::helping::Usage;
use crate::module::instance::{Instance, InstanceState};

/// What an `async` closure has of an instance that it reads: it dereferences to the client, whose `&self` methods it may
/// call. Other tasks and threads read the instance meanwhile.
#[repr(transparent)]
pub struct SharedClient<C>(C);

// SAFETY: `shared_client` makes it of a client whose interface is `Sync`, so of one that several threads may read.
unsafe impl<C> Sync for SharedClient<C> {}

fn shared_client<I: SharedInterface + ?Sized>(
    instance: &Instance<I>,
) -> &SharedClient<I::Client<InstanceState>> {
    let client: &I::Client<InstanceState> = instance;
    let client = std::ptr::from_ref(client).cast();
    // SAFETY: it is a client and nothing else, and is borrowed for as long.
    unsafe { &*client }
}

impl<C> Deref for SharedClient<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    async fn with_async<R>(
        &self,
        entry: &Entry<K, I>,
        work: impl AsyncFnOnce(&mut I::Client<InstanceState>) -> R,
    ) -> Result<R, PoolError> {
        let mut out = entry.exclusive_async().await.map_err(|_| self.in_use())?;
        #[cfg(feature = "snapshot")]
        while !self.gate.is_quiet() {
            match self.stands_before(entry, out.kept())? {
                false => break,
                true => {
                    // Who has closed the gate waits for it.
                    drop(out);
                    self.gate.opened().await;
                    out = entry.exclusive_async().await.map_err(|_| self.in_use())?;
                }
            }
        }
        let kept = out.kept().as_mut().ok_or_else(|| self.absent())?;
        let noted = Noted::new(self, kept);
        self.take_along(entry, noted.kept);
        let done = {
            let mut work = pin!(entry.begun(Usage::Exclusive, || work(&mut noted.kept.instance)));
            let used = UsedWhilePolled {
                entry,
                usage: Usage::Exclusive,
                work: work.as_mut(),
            };
            used.await
        };
        // What was published meanwhile has passed it by.
        self.take_along(entry, noted.kept);
        Ok(done)
    }

    fn take_along(&self, entry: &Entry<K, I>, kept: &mut PooledInstance<I>) {
        let _using = entry.using(Usage::Exclusive);
        self.follow_checked_out(&entry.key, kept);
    }

    async fn with_shared_async<R>(
        &self,
        entry: &Entry<K, I>,
        work: impl AsyncFnOnce(&SharedClient<I::Client<InstanceState>>) -> R,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        let read = entry.shared_async().await.map_err(|_| self.in_use())?;
        #[cfg(feature = "snapshot")]
        let read = match self.gate.is_quiet() {
            true => read,
            false => self.pass_to_read_async(entry, read).await?,
        };
        let instance = read.instance().ok_or_else(|| self.absent())?;
        let work = || work(shared_client(instance));
        let mut work = pin!(entry.begun(Usage::Shared, work));
        let used = UsedWhilePolled {
            entry,
            usage: Usage::Shared,
            work: work.as_mut(),
        };
        Ok(used.await)
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pool<K, I> {
    /// Calls methods of an instance and awaits them: as [`with_async`](Pool::with_async), but the failure of a call
    /// comes as a [`PoolError`] too.
    ///
    /// # Errors
    ///
    /// As `with_async`, and [`PoolError::Call`] with the error that the closure returns.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[hotmod::interface]
    /// # pub trait Shop {
    /// #     async fn buy(&mut self, who: &str, item: u32) -> Result<u32, String>;
    /// # }
    /// use hotmod_host::{Pool, PoolError};
    ///
    /// async fn buy(shops: &Pool<u64, dyn Shop>, who: &str) -> Result<(), PoolError> {
    ///     let bought = shops.call_async(&7, async |shop| shop.buy(who, 3).await).await?;
    ///     println!("{bought:?}");
    ///     Ok(())
    /// }
    /// ```
    pub async fn call_async<R>(
        &self,
        key: &K,
        work: impl AsyncFnOnce(&mut I::Client<InstanceState>) -> Result<R, CallError>,
    ) -> Result<R, PoolError> {
        Ok(self.with_async(key, work).await??)
    }

    /// Calls `&self` methods of an instance and awaits them: as [`with_shared_async`](Pool::with_shared_async), but the
    /// failure of a call comes as a [`PoolError`] too.
    ///
    /// # Errors
    ///
    /// As `with_shared_async`, and [`PoolError::Call`] with the error that the closure returns.
    pub async fn call_shared_async<R>(
        &self,
        key: &K,
        work: impl AsyncFnOnce(&SharedClient<I::Client<InstanceState>>) -> Result<R, CallError>,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        Ok(self.with_shared_async(key, work).await??)
    }

    /// Checks an instance out of the pool until the future of the closure is ready, or this one is dropped: nothing
    /// else uses it meanwhile, however often the closure awaits. Others wait in the order in which they came, tasks
    /// without a thread; a sweep passes it by. It is taken to the version that it follows before, and once more on
    /// return, if another one was published meanwhile.
    ///
    /// The closure has what an [`Instance`](crate::Instance) dereferences to, which has the methods of the interface.
    /// A thread that waits for the instance ([`with`](Pool::with)) is blocked until then.
    ///
    /// # Errors
    ///
    /// [`PoolError::Absent`] if there is no instance under the key. [`PoolError::InUseByThisThread`] if this is polled
    /// within a use of the same key, such as by an import that the closure's call awaits: it would wait for itself.
    pub async fn with_async<R>(
        &self,
        key: &K,
        work: impl AsyncFnOnce(&mut I::Client<InstanceState>) -> R,
    ) -> Result<R, PoolError> {
        let entry = self.shared.entry(key)?;
        self.shared.with_async(&entry, work).await
    }

    /// Reads an instance until the future of the closure is ready, or this one is dropped. Others read it meanwhile. It
    /// stays at its version.
    ///
    /// # Errors
    ///
    /// [`PoolError::Absent`] if there is no instance under the key. [`PoolError::InUseByThisThread`] if this is polled
    /// within an exclusive use of the same key.
    pub async fn with_shared_async<R>(
        &self,
        key: &K,
        work: impl AsyncFnOnce(&SharedClient<I::Client<InstanceState>>) -> R,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        let entry = self.shared.entry(key)?;
        self.shared.with_shared_async(&entry, work).await
    }
}

impl<I: Interface + ?Sized> SharedInstance<I> {
    /// As [`Pool::call_async`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn call_async<R>(
        &self,
        work: impl AsyncFnOnce(&mut I::Client<InstanceState>) -> Result<R, CallError>,
    ) -> Result<R, PoolError> {
        Ok(self.with_async(work).await??)
    }

    /// As [`Pool::call_shared_async`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn call_shared_async<R>(
        &self,
        work: impl AsyncFnOnce(&SharedClient<I::Client<InstanceState>>) -> Result<R, CallError>,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        Ok(self.with_shared_async(work).await??)
    }

    /// As [`Pool::with_async`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn with_async<R>(
        &self,
        work: impl AsyncFnOnce(&mut I::Client<InstanceState>) -> R,
    ) -> Result<R, PoolError> {
        let (pooled, entry) = self.pooled();
        pooled.with_async(entry, work).await
    }

    /// As [`Pool::with_shared_async`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn with_shared_async<R>(
        &self,
        work: impl AsyncFnOnce(&SharedClient<I::Client<InstanceState>>) -> R,
    ) -> Result<R, PoolError>
    where
        I: SharedInterface,
    {
        let (pooled, entry) = self.pooled();
        pooled.with_shared_async(entry, work).await
    }
}
