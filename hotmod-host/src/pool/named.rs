//! Pools and shared instances that have a name, by which modules call them.

use std::sync::{Arc, Weak};

use hotmod::call::boundary::Boundary;
use hotmod::interface::Interface;
use hotmod::root;
use hotmod::state::{Describe, Registry, expected};
use hotmod_file::{Expected, instances};

use super::by_name;
use super::entry::Entry;
use super::error::PoolError;
use super::key::PoolKey;
use super::shared::{Noted, Pooled};
use crate::sys::copy;
use crate::uses::names::{AtVersion, Named, NamedInstances, NotReached};
use crate::uses::register::NotNamed;

/// A key of a [`Pool`](crate::Pool) that modules call by name: it crosses to modules by value, so it is a number, a text, a
/// tuple of such, or derives `StableState`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a pool that modules call by its name",
    label = "not a key that crosses to modules",
    note = "a number, a `String`, a tuple of such, or a type of your own that derives `StableState`, `Clone`, \
            `PartialEq`, `Eq` and `Hash`"
)]
pub trait NamedKey: PoolKey + Boundary {}

#[diagnostic::do_not_recommend]
impl<K: PoolKey + Boundary> NamedKey for K {}

impl<K: NamedKey, I: Interface + ?Sized> NamedInstances for Pooled<K, I> {
    unsafe fn reach(
        &self,
        key: *mut (),
        exclusive: bool,
        work: &mut dyn FnMut(AtVersion),
    ) -> Result<(), NotReached> {
        // SAFETY: the key is of this type, as it crosses, and is given up.
        let key = K::from_wire(unsafe { key.cast::<K::Wire>().read() });
        let entry = self.entry(&key).map_err(|_| NotReached::NoInstance)?;
        if copy::is_this() {
            return reach_in_copy(&entry, exclusive, work);
        }
        if exclusive {
            let mut used = self.exclusive_there(&entry).map_err(not_reached)?;
            let kept = used.kept().as_mut().ok_or(NotReached::NoInstance)?;
            let noted = Noted::new(self, kept);
            work(noted.kept.instance.state().at_version());
        } else {
            let used = entry.shared().map_err(|_| NotReached::InUseByThisThread)?;
            #[cfg(feature = "snapshot")]
            let used = match self.gate.is_quiet() {
                true => used,
                false => self.pass_to_read(&entry, used).map_err(not_reached)?,
            };
            // SAFETY: the module that asks says of the interface that its states may be shared, and the version
            // that the instance is at is called only where it says so too.
            let instance = unsafe { used.instance_unchecked() };
            let instance = instance.ok_or(NotReached::NoInstance)?;
            work(instance.state().at_version());
        }
        Ok(())
    }
}

fn not_reached(error: PoolError) -> NotReached {
    match error {
        PoolError::InUseByThisThread { .. } => NotReached::InUseByThisThread,
        // Another process has it.
        _ => NotReached::NoInstance,
    }
}

/// Uses an instance in a copy of the process, where a lock that another thread had is never free again. So the
/// instance is called at the version that it is at: what takes it along, and what tells where it is, has locks of
/// its own.
fn reach_in_copy<K, I: Interface + ?Sized>(
    entry: &Entry<K, I>,
    exclusive: bool,
    work: &mut dyn FnMut(AtVersion),
) -> Result<(), NotReached> {
    let in_use = match entry.is_used_by_this_thread() {
        true => NotReached::InUseByThisThread,
        false => NotReached::InUse,
    };
    // To leave one that is waited for is to lock the line, which another thread may have had.
    if entry.is_waited_for() {
        return Err(in_use);
    }
    if exclusive {
        let mut used = entry.try_exclusive().ok_or(in_use)?;
        let kept = used.kept().as_ref().ok_or(NotReached::NoInstance)?;
        work(kept.instance.state().at_version());
    } else {
        let used = entry.try_shared().ok_or(in_use)?;
        // SAFETY: as in `reach`.
        let instance = unsafe { used.instance_unchecked() };
        let instance = instance.ok_or(NotReached::NoInstance)?;
        work(instance.state().at_version());
    }
    Ok(())
}

/// Calls a function with a key as it crosses.
#[cfg(feature = "snapshot")]
pub(super) fn with_wire<K: NamedKey>(key: &K, work: &mut dyn FnMut(*mut u8)) {
    let mut wire = key.clone().into_wire();
    work(std::ptr::from_mut(&mut wire).cast());
    drop(K::from_wire(wire));
}

/// The description of a function that takes a key.
pub(super) fn key_section<K: NamedKey>() -> Vec<u8> {
    let mut types = Registry::default();
    K::register(&mut types);
    expected::function("key", &[K::TYPE], <() as Describe>::TYPE, &types)
}

/// The keys of a pool, as what a function of one takes; or why they cannot be described.
pub(super) fn keys<K: NamedKey>(name: &str) -> Result<Expected, String> {
    let keys = Expected::new(
        &format!("the keys of `{name}`"),
        key_section::<K>(),
        &root::toolchain(),
    );
    match keys.fault() {
        Some(fault) => Err(fault.to_string()),
        None => Ok(keys),
    }
}

/// Has the host know of instances by a name, which must be free.
pub(super) fn register<K: NamedKey, I: Interface + ?Sized + 'static>(
    shared: &Arc<Pooled<K, I>>,
    name: &str,
    key: Option<Expected>,
) -> Result<(), PoolError> {
    let loaded = shared.module.loaded();
    let described = instances(
        key.as_ref().and_then(Expected::taken).map(|(key, _)| key),
        &loaded.name,
    );
    let instances: Weak<Pooled<K, I>> = Arc::downgrade(shared);
    let named = Named {
        module: loaded.name.clone(),
        key: key.map(Arc::new),
        instances,
        by_name: by_name::kept(shared),
    };
    let named = loaded.settings.uses.name(name, named);
    if named.is_ok() {
        shared.has_name(name);
        #[cfg(feature = "snapshot")]
        {
            let states: Weak<Pooled<K, I>> = Arc::downgrade(shared);
            loaded.settings.states.add(name, states);
            shared.has_keys(with_wire::<K>);
        }
    }
    named.map_err(|error| match error {
        NotNamed::Taken(by) => PoolError::NameTaken {
            name: name.to_owned(),
            by,
        },
        NotNamed::Unlike(users) => PoolError::CalledOtherwise {
            name: name.to_owned(),
            found: described,
            users,
        },
    })
}
