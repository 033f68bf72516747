//! States that tasks hand over: of a version that is left, for a task of the next.

use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::call::generation::Generation;
use crate::call::slot::{self, Doing, Entered};
use crate::migrate;
use crate::migrate::deep::drop_state;
use crate::module::instance::{InstanceState, leave};
use crate::module::loaded::Loaded;

/// A state that a task has handed over, and that no other has taken yet. It keeps its version in use, and not the
/// module.
pub(crate) struct HandedOver {
    state: NonNull<u8>,
    generation: &'static Generation,
    /// What the table of its operations is listed under.
    interface: &'static str,
}

// SAFETY: a task hands over what may be sent (`hotmod::task::Handover`), and nothing else has the pointer.
unsafe impl Send for HandedOver {}

/// Why a state did not get to a task.
pub(crate) enum NotHandedOver {
    /// A version on the way has no task of the name.
    NoTask,
    /// It does not fit.
    Unfit(String),
}

/// A state at a version whose task is to have it, and a call of that version.
pub(crate) struct TakenAlong {
    pub(crate) state: NonNull<u8>,
    pub(crate) generation: &'static Generation,
    pub(crate) entered: Entered,
}

impl HandedOver {
    /// The caller is in a call of the generation.
    ///
    /// # Safety
    ///
    /// `state` is the address of a boxed state, of the type that the generation's image has such a table for. Nothing
    /// else has it.
    pub(crate) unsafe fn new(
        state: NonNull<u8>,
        generation: &'static Generation,
        interface: &'static str,
    ) -> Self {
        // Relaxed: as in `Registered::add`, within a call as well.
        generation.image.instances.fetch_add(1, Ordering::Relaxed);
        HandedOver {
            state,
            generation,
            interface,
        }
    }

    /// Takes the state to what the module has published, for the task there.
    pub(crate) fn take_along(self, loaded: &Arc<Loaded>) -> Result<TakenAlong, NotHandedOver> {
        let mut instance = self.into_instance(loaded);
        instance.take_along()?;
        let generation = instance.generation;
        // The version stays in use when the state is no instance any more.
        let entered = slot::enter_at(generation, Doing::Task, ptr::null_mut());
        Ok(TakenAlong {
            state: instance.give_up(),
            generation,
            entered,
        })
    }

    /// The same state, as one that the module knows of and that can follow.
    fn into_instance(self, loaded: &Arc<Loaded>) -> InstanceState {
        let this = ManuallyDrop::new(self);
        let place = loaded
            .instances
            .add(this.interface, this.generation, this.state);
        // Relaxed: it is counted there as an instance.
        let image = this.generation.image;
        image.instances.fetch_sub(1, Ordering::Relaxed);
        InstanceState {
            track: loaded.track.clone(),
            loaded: loaded.clone(),
            generation: this.generation,
            interface: this.interface,
            base: 0,
            links: 0,
            stuck: None,
            state: this.state,
            place,
            due: Box::default(),
        }
    }
}

impl InstanceState {
    /// Takes the state to what is published, if all versions on the way have such a state.
    fn take_along(&mut self) -> Result<(), NotHandedOver> {
        let way = self
            .loaded
            .way(&self.track, self.generation.image, self.links);
        let (target, steps) = (way.to, way.steps());
        let has_it = |(_, reached): &(_, &'static Generation)| {
            let all = &reached.image.implementations;
            all.iter().any(|it| it.interface == self.interface)
        };
        let done = match steps.iter().all(has_it) {
            true => self.go(target, &steps),
            false => return Err(NotHandedOver::NoTask),
        };
        drop(way);
        steps
            .iter()
            .for_each(|(_, reached)| leave(&self.loaded, reached));
        done.map_err(|error| NotHandedOver::Unfit(error.to_string()))
    }

    /// Gives the state up to the code of the version that it is at.
    fn give_up(self) -> NonNull<u8> {
        let mut this = ManuallyDrop::new(self);
        this.loaded.instances.remove(this.place, this.generation);
        // SAFETY: `this` is not dropped, and not used any more.
        unsafe { ptr::drop_in_place(&raw mut this.track) };
        // SAFETY: as above.
        unsafe { ptr::drop_in_place(&raw mut this.stuck) };
        // SAFETY: as above.
        unsafe { ptr::drop_in_place(&raw mut this.due) };
        // SAFETY: as above.
        unsafe { ptr::drop_in_place(&raw mut this.loaded) };
        this.state
    }
}

impl Drop for HandedOver {
    fn drop(&mut self) {
        let image = self.generation.image;
        let operations = image.implementation(self.interface).table.operations();
        let state = self.state.as_ptr();
        let entered = slot::enter_at(self.generation, Doing::Operation, state.cast());
        // SAFETY: the state is of this table's type, and nothing uses its value afterwards.
        unsafe { drop_state(image, self.interface, self.state) };
        // Relaxed: as in `Registered::remove`.
        image.instances.fetch_sub(1, Ordering::Relaxed);
        drop(entered);
        // SAFETY: `run_task` allocated the block with `Box`.
        unsafe { migrate::free(image.memory, operations, self.state) };
    }
}
