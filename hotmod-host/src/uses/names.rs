//! The names by which modules call the instances of others, unique in a host.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hotmod::describe::{Description, Type};
use hotmod_file::{Expected, NamedBy};

use crate::call::generation::Generation;

/// Instances that a host keeps under one name: a pool, or a shared instance, which is kept under the key `()`.
pub(crate) trait NamedInstances: Send + Sync {
    /// Uses the instance under a key.
    ///
    /// # Safety
    ///
    /// The key is one of the pool, as it crosses, and is given up.
    unsafe fn reach(
        &self,
        key: *mut (),
        exclusive: bool,
        work: &mut dyn FnMut(AtVersion),
    ) -> Result<(), NotReached>;
}

/// A state, and the version that it is at, for as long as it is used.
#[derive(Clone, Copy)]
pub(crate) struct AtVersion {
    pub(crate) generation: &'static Generation,
    pub(crate) state: *mut (),
}

/// Why an instance is not used.
pub(crate) enum NotReached {
    NoInstance,
    InUseByThisThread,
    /// Another thread uses it, or did when this copy of the process was made.
    InUse,
}

/// What a host knows of a name.
#[derive(Clone)]
pub(crate) struct Named {
    /// The module that the instances are of.
    pub(crate) module: String,
    /// The keys, as the host was compiled with them: what a function of one takes. `None` for a shared instance.
    pub(crate) key: Option<Arc<Expected>>,
    pub(crate) instances: Weak<dyn NamedInstances>,
    /// What the room of pools knows the instances by, which stands above this one.
    pub(crate) by_name: Arc<dyn Any + Send + Sync>,
}

impl Named {
    /// Whether keys of this type are keys of it.
    pub(crate) fn has_keys(&self, keys: Option<&(Type, Description)>) -> bool {
        let keys = keys.map(|(key, described)| (key, described));
        self.described().has_keys(keys)
    }

    /// What modules are held against that call by the name.
    pub(crate) fn described(&self) -> NamedBy<'_> {
        NamedBy {
            module: &self.module,
            key: self.key.as_ref().and_then(|it| it.taken()),
        }
    }
}

/// The names of a host's pools and shared instances.
#[derive(Default)]
pub(crate) struct Names(Mutex<BTreeMap<String, Named>>);

impl Names {
    /// Keeps others from adding a name.
    pub(crate) fn hold(&self) -> MutexGuard<'_, BTreeMap<String, Named>> {
        // A name is added whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has modules find instances under a name from now on.
    ///
    /// # Errors
    ///
    /// The module whose instances have it already.
    pub(crate) fn add(&self, name: &str, named: Named) -> Result<(), String> {
        let mut names = self.hold();
        let taken = names.get(name);
        if let Some(taken) = taken.filter(|it| it.instances.strong_count() > 0) {
            return Err(taken.module.clone());
        }
        names.insert(name.to_owned(), named);
        Ok(())
    }

    /// All names that stand for instances now.
    pub(crate) fn all(&self) -> Vec<(String, Named)> {
        let names = self.hold().clone().into_iter();
        names
            .filter(|(_, it)| it.instances.strong_count() > 0)
            .collect()
    }

    /// The instances of a name.
    pub(crate) fn find(&self, name: &str) -> Option<Named> {
        let named = self.hold().get(name).cloned();
        named.filter(|it| it.instances.strong_count() > 0)
    }
}
