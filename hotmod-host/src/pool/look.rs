//! Looking at the state of an instance where it is.

use std::time::Instant;

use hotmod::interface::Interface;

use super::entry::Entry;
use super::error::PoolError;
use super::key::PoolKey;
use super::pool::Pool;
use super::shared::Pooled;
use crate::module::instance::looked_at::LookedAt;

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    /// Has a state looked at: beside those that read it where its interface says that it is `Sync`, and otherwise by
    /// this thread alone. It stays at its version. Threads that use it otherwise are waited for, and no longer than
    /// `until`.
    pub(super) fn look<R>(
        &self,
        entry: &Entry<K, I>,
        until: Option<Instant>,
        look: impl FnOnce(LookedAt<'_>) -> R,
    ) -> Result<R, PoolError> {
        let is_waited_for = || entry.is_waited_for();
        if I::DESC.sync {
            let used = match until {
                Some(until) => entry
                    .shared_until(until)
                    .ok_or_else(|| self.still_in_use())?,
                None => entry.shared().map_err(|_| self.in_use())?,
            };
            // SAFETY: it is used as a shared state, which may be shared: the interface says that its states are `Sync`.
            let instance = unsafe { used.instance_unchecked() };
            let instance = instance.ok_or_else(|| self.absent())?;
            // SAFETY: as above; the entry keeps threads from using it exclusively.
            let seen = unsafe { LookedAt::new(instance.state(), true) };
            return Ok(look(seen.waited_for(&is_waited_for)));
        }
        let used = entry.exclusive_until(until).map_err(|_| self.in_use())?;
        let mut used = used.ok_or_else(|| self.still_in_use())?;
        let kept = used.kept().as_mut().ok_or_else(|| self.absent())?;
        Ok(look(kept.instance.seen().waited_for(&is_waited_for)))
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pool<K, I> {
    /// Has the state of an instance looked at.
    pub(crate) fn look<R>(
        &self,
        key: &K,
        look: impl FnOnce(LookedAt<'_>) -> R,
    ) -> Result<R, PoolError> {
        self.shared.look(&*self.shared.entry(key)?, None, look)
    }
}
