//! A state that is looked at where it is, at the version that it is at.

use std::ptr::NonNull;

use hotmod::describe::Type;
use hotmod::interface::Interface;
use hotmod::operations::Operations;

use super::{Instance, InstanceState};
use crate::call::slot::{self, Doing, Entered};
use crate::image::image::Image;
use crate::migrate::Values;

/// A state that is looked at. Nothing else uses it, or where it is shared, only through shared references, and then it
/// is `Sync`.
pub(crate) struct LookedAt<'s> {
    instance: &'s InstanceState,
    is_shared: bool,
    /// Whether others wait to use it; absent where none can.
    is_waited_for: Option<&'s dyn Fn() -> bool>,
}

impl<'s> LookedAt<'s> {
    /// # Safety
    ///
    /// For `'s`, nothing else uses the state, or where it is shared, only through shared references, and then it is
    /// `Sync`.
    pub(crate) unsafe fn new(instance: &'s InstanceState, is_shared: bool) -> Self {
        LookedAt {
            instance,
            is_shared,
            is_waited_for: None,
        }
    }

    /// The same, for which others may wait meanwhile.
    pub(crate) fn waited_for(self, is_waited_for: &'s dyn Fn() -> bool) -> Self {
        LookedAt {
            is_waited_for: Some(is_waited_for),
            ..self
        }
    }

    /// Whether others wait to use it.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.is_waited_for.is_some_and(|asked| asked())
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// The version that it is at.
    pub(crate) fn image(&self) -> &'static Image {
        self.instance.generation.image
    }

    /// Its type there, with the operations that its code has for it.
    pub(crate) fn ty(&self) -> (&'static Type, &'static Operations) {
        let implementation = self.image().implementation(self.instance.interface);
        (&implementation.state, implementation.table.operations())
    }

    /// What takes the values of its `Lazy`s along.
    pub(crate) fn values(&self) -> &'s Values {
        self.instance.loaded.values
    }

    pub(crate) fn address(&self) -> NonNull<u8> {
        self.instance.state
    }

    /// Has the host know that it is in use, until the result is dropped.
    pub(crate) fn enter(&self) -> Entered {
        let state = self.instance.state.as_ptr().cast();
        slot::enter_at(self.instance.generation, Doing::Operation, state)
    }
}

impl<I: Interface + ?Sized> Instance<I> {
    /// The state, for this alone to look at.
    pub(crate) fn seen(&mut self) -> LookedAt<'_> {
        // SAFETY: this is the only use of the instance.
        unsafe { LookedAt::new(self.state(), false) }
    }

    /// The state, which other threads may read meanwhile.
    pub(crate) fn seen_shared(&self) -> LookedAt<'_>
    where
        I: Sync,
    {
        // SAFETY: it is only used by shared reference meanwhile, and `I: Sync` says that its states may be.
        unsafe { LookedAt::new(self.state(), true) }
    }
}
