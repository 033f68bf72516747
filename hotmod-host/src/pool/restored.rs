//! Instances whose states are made of what was written down.

use std::ptr::NonNull;

use hotmod::interface::Interface;

use super::error::PoolError;
use super::key::PoolKey;
use super::pool::Pool;
use super::shared_instance::{SharedInstance, SharedInstanceBuilder};
use crate::image::image::Image;
use crate::module::instance::Instance;

/// Why an instance did not come into its place.
pub(crate) enum NotAdopted<E> {
    /// Its state could not be made.
    NotMade(E),
    /// There was no place for it.
    NoPlace(PoolError),
}

impl<K: PoolKey, I: Interface + ?Sized> Pool<K, I> {
    /// The name by which modules call the instances, if it has one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.shared.name()
    }

    /// Notes that it is restored from the snapshot of this digest. Whether it was not yet.
    pub(crate) fn notes_restored(&self, digest: [u8; 32]) -> bool {
        self.shared.restored.lock().insert(digest)
    }

    /// Notes that nothing came of that.
    pub(crate) fn forgets_restored(&self, digest: [u8; 32]) {
        self.shared.restored.lock().remove(&digest);
    }

    /// Makes an instance of a state that is made at the version that it is to follow.
    ///
    /// # Safety
    ///
    /// `make` makes a state of that version's, in a block of its own of the module's memory.
    pub(crate) unsafe fn adopt<E>(
        &self,
        key: K,
        make: impl FnOnce(&'static Image) -> Result<NonNull<u8>, E>,
    ) -> Result<(), NotAdopted<E>> {
        let module = &self.shared.module;
        let mut failed = None;
        let filled = self.shared.fill(key, |track| {
            // SAFETY: the caller's.
            unsafe { module.adopt_in(track, make) }.map_err(|error| {
                failed = Some(error);
                self.shared.absent()
            })
        });
        match (filled, failed) {
            (_, Some(error)) => Err(NotAdopted::NotMade(error)),
            (Err(error), None) => Err(NotAdopted::NoPlace(error)),
            (Ok(()), None) => Ok(()),
        }
    }
}

impl<I: Interface + ?Sized + 'static> SharedInstanceBuilder<I> {
    /// The instance, of a state that is made at the version that it is to follow.
    ///
    /// # Safety
    ///
    /// As for [`Pool::adopt`].
    pub(crate) unsafe fn adopt<E>(
        self,
        make: impl FnOnce(&'static Image) -> Result<NonNull<u8>, E>,
    ) -> Result<SharedInstance<I>, NotAdopted<E>> {
        let mut failed = None;
        let made = self.finish(|module| -> Result<Instance<I>, PoolError> {
            // SAFETY: the caller's.
            unsafe { module.adopt_in(&module.loaded().track, make) }.map_err(|error| {
                failed = Some(error);
                PoolError::Absent {
                    module: module.name().to_owned(),
                }
            })
        });
        match (made, failed) {
            (_, Some(error)) => Err(NotAdopted::NotMade(error)),
            (Err(error), None) => Err(NotAdopted::NoPlace(error)),
            (Ok(instance), None) => Ok(instance),
        }
    }
}
