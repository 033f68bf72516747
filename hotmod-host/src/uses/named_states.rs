//! The states that a host keeps under names, to be written down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use hotmod::describe::Type;
use hotmod::operations::Operations;

use super::names::AtVersion;
use crate::image::image::Image;
use crate::migrate::Values;

/// Instances that a host keeps under one name.
pub(crate) trait NamedStates: Send + Sync {
    /// The module that they are of.
    fn module(&self) -> &str;

    /// The interface by which they are called.
    fn interface(&self) -> &'static str;

    /// What their keys are; `None` for an instance without one.
    fn keys(&self) -> Option<NamedKeys>;

    /// Calls `each` with the state of each of these, one after the other, from a place on, which is moved along. Nothing
    /// else uses the state meanwhile. Stops behind one for which `each` returns `false`. Whether that was the last one.
    ///
    /// # Errors
    ///
    /// If this thread uses one already.
    fn each(
        &self,
        which: Which,
        from: &mut usize,
        each: &mut dyn FnMut(StateByName<'_>) -> bool,
    ) -> Result<bool, UsedHere>;

    /// Has all of these to itself while `then` is carried out, which is given what goes through them. Those that cannot
    /// have changed since that round, if there is one, are kept as they were. `false` if one is in use until then. In a copy of the
    /// process that begins meanwhile, they stay as they are.
    fn hold(
        &self,
        since: Option<u64>,
        until: Instant,
        then: &mut dyn FnMut(&mut EachHeld<'_>),
    ) -> bool;

    /// The versions that they are at.
    fn versions(&self) -> Vec<&'static Image>;

    /// Whether this thread uses one.
    fn is_used_here(&self) -> bool;
}

/// Goes through instances that are held, as [`NamedStates::each`] does.
pub(crate) type EachHeld<'h> = dyn FnMut(&mut dyn FnMut(StateByName<'_>) -> bool) + 'h;

/// Which states.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    /// All that are there.
    #[cfg(feature = "handoff")]
    All,
    /// Those that a cut lacks. It has them then. Those that cannot have changed since this round began, if there is one,
    /// are kept as they were.
    LackedBy(u64, Option<u64>),
    /// Those that may have changed since a round began.
    #[cfg(feature = "handoff")]
    ChangedSince(u64),
}

/// A state, which nothing else uses.
pub(crate) struct StateByName<'s> {
    /// Its key, as it crosses, which nothing else uses either.
    pub(crate) key: *mut u8,
    pub(crate) at: AtVersion,
    /// Whether it cannot have changed.
    pub(crate) is_kept: bool,
    /// What takes the values of its `Lazy`s along.
    pub(crate) values: &'s Values,
}

/// This thread uses one of the instances already.
pub(crate) struct UsedHere;

/// What the keys of a pool are.
pub(crate) struct NamedKeys {
    pub(crate) ty: Type,
    /// The description of a function that takes one.
    pub(crate) section: Vec<u8>,
    /// Those of a key as it crosses.
    pub(crate) operations: &'static Operations,
}

/// The states of a host, by their names.
#[derive(Default)]
pub(crate) struct StatesByName(Mutex<BTreeMap<String, Weak<dyn NamedStates>>>);

impl StatesByName {
    pub(crate) fn add(&self, name: &str, states: Weak<dyn NamedStates>) {
        self.hold().insert(name.to_owned(), states);
    }

    /// Those that are there now.
    pub(crate) fn all(&self) -> Vec<(String, Arc<dyn NamedStates>)> {
        let mut held = self.hold();
        held.retain(|_, states| states.strong_count() > 0);
        let all = held.iter();
        all.filter_map(|(name, states)| Some((name.clone(), states.upgrade()?)))
            .collect()
    }

    fn hold(&self) -> MutexGuard<'_, BTreeMap<String, Weak<dyn NamedStates>>> {
        // A name is added whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
