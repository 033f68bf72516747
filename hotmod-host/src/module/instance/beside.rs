//! A state that is taken along while other threads read it.
//!
//! The owner of the lock around an instance asks for the next [`Step`] of its state, and has that prepared while
//! others may use the instance by shared references. Then it has the step committed, when they do not. What is
//! left of the old state is taken apart when the [`LeftState`] is dropped, for which the lock is not needed.

use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use hotmod::describe::Type;

use super::{InstanceState, Stuck, TriedVersion};
use crate::call::generation::Generation;
use crate::call::slot::{self, Doing, Entered};
use crate::image::image::Image;
use crate::migrate::{MigrateError, PreparedBeside, Remains, Route};
use crate::module::loaded::Loaded;
use crate::module::ways::{OnTheWay, Steps};

/// The next step of a state to the version that its track leads to, where others may read the state while it is
/// prepared.
pub(crate) struct Step {
    /// `None` while this is dropped.
    way: Option<OnTheWay>,
    steps: Steps,
    to: &'static Generation,
    tried: TriedVersion,
    from: &'static Generation,
    ty: &'static Type,
    state: NonNull<u8>,
    loaded: Arc<Loaded>,
}

/// What became of a step's preparation.
pub(crate) struct PreparedStep<'s> {
    step: &'s Step,
    came_to: Result<PreparedBeside<'s>, MigrateError>,
    /// Where migrations are measured.
    since: Option<Instant>,
    /// Of the old version: it is in use for as long as this is. It does not name the state, which is whole.
    _entered: Entered,
}

/// What is left of a state that was taken a step along. Dropping this takes it apart, on any thread.
pub(crate) struct LeftState {
    /// `None` while this is dropped.
    remains: Option<Remains>,
    ty: &'static Type,
    from: &'static Generation,
    to: &'static Image,
    loaded: Arc<Loaded>,
}

impl InstanceState {
    /// Whether the state is elsewhere than its track leads. In doubt, this says yes.
    #[inline(always)]
    pub(crate) fn is_behind(&self) -> bool {
        !ptr::eq(self.track.current(), self.generation)
    }

    /// The next step, if others may read the state meanwhile. `None` also if the state is where its track leads,
    /// or was found not to fit there.
    pub(crate) fn step_beside(&self) -> Option<Step> {
        let current = self.track.current();
        if ptr::eq(current, self.generation) || self.was_tried(current) {
            return None;
        }
        let image = self.generation.image;
        let ty = self.state_type(image);
        let way = self.loaded.way(&self.track, image, self.links);
        let steps = way.steps();
        let (route, _) = steps.first()?;
        route.shares(ty).then(|| Step {
            to: way.to,
            tried: TriedVersion::now(way.to.image),
            from: self.generation,
            ty,
            state: self.state,
            loaded: self.loaded.clone(),
            steps,
            way: Some(way),
        })
    }
}

impl Step {
    fn route(&self) -> (&Route, &'static Generation) {
        let (route, reached) = &self.steps[0];
        (route, reached)
    }

    /// Counts the step, where migrations are measured.
    fn count(&self, since: Option<Instant>, made: Option<u64>) {
        if let (Some(meter), Some(since)) = (&self.loaded.migrations, since) {
            meter.count(since, made);
        }
    }

    /// Prepares the step.
    ///
    /// # Safety
    ///
    /// The state lives and is where it was when the step was asked for. Until the result is committed or dropped,
    /// it is used by shared references only, if at all, and nothing takes it along.
    pub(crate) unsafe fn prepare(&self) -> PreparedStep<'_> {
        let (image, (route, _)) = (self.from.image, self.route());
        let entered = slot::enter_at(self.from, Doing::Operation, ptr::null_mut());
        let since = self.loaded.migrations.is_some().then(Instant::now);
        // SAFETY: the route starts from the version that the state is at. The rest is what the caller says.
        let prepared = unsafe { route.prepare_shared(self.ty, self.state) };
        let unfit = |failure| MigrateError::new(self.ty, &failure, image, route.to);
        PreparedStep {
            step: self,
            came_to: prepared.map_err(unfit),
            since,
            _entered: entered,
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.way = None;
        // The state may also have been the last that needed the versions on its way.
        for (_, reached) in &*self.steps {
            super::leave(&self.loaded, reached);
        }
    }
}

impl<'s> PreparedStep<'s> {
    /// Whether this is no longer the way of the state: another version was published meanwhile, and it is not
    /// reached by this step.
    pub(crate) fn is_outdated(&self, of: &InstanceState) -> bool {
        let step = self.step;
        if ptr::eq(of.track.current(), step.to) {
            return false;
        }
        let way = of.loaded.way(&of.track, step.from.image, of.links);
        let next = way.steps().first().map(|(route, _)| Arc::as_ptr(route));
        next != Some(Arc::as_ptr(&step.steps[0].0))
    }

    /// Takes the state along, or notes why it stays where it is.
    ///
    /// # Panics
    ///
    /// If the step is not that of this state, as it is now.
    pub(crate) fn commit(self, of: &mut InstanceState) -> Option<LeftState> {
        let step = self.step;
        let is_this = of.state == step.state && ptr::eq(of.generation, step.from);
        assert!(is_this, "bug in hotmod: a step of another state");
        let prepared = match self.came_to {
            Ok(prepared) => prepared,
            Err(error) => {
                step.count(self.since, None);
                of.stuck = Some(Stuck {
                    tried: step.tried,
                    generation: step.to,
                    error,
                });
                return None;
            }
        };
        // From before the state changes until the list of instances says where it is.
        let old = step.state.as_ptr().cast();
        let _entered = slot::enter_at(step.from, Doing::Operation, old);
        // Before it leaves the version: what is left of it counts there until it is taken apart.
        // Relaxed: as in `Registered::moved`.
        step.from.image.instances.fetch_add(1, Ordering::Relaxed);
        let (route, reached) = &step.steps[0];
        let made = prepared.made;
        let (state, remains) = prepared.commit(route, step.ty);
        of.state = state;
        of.stuck = None;
        of.arrive_at(reached);
        // The same version may be linked with more expectations by now.
        if step.steps.len() == 1 && !ptr::eq(*reached, step.to) {
            of.arrive_at(step.to);
        }
        step.count(self.since, Some(made));
        Some(LeftState {
            remains: Some(remains),
            ty: step.ty,
            from: step.from,
            to: route.to,
            loaded: step.loaded.clone(),
        })
    }
}

impl Drop for LeftState {
    fn drop(&mut self) {
        let Some(remains) = self.remains.take() else {
            return;
        };
        let from = self.from;
        let old = remains.address().as_ptr().cast();
        let entered = slot::enter_at(from, Doing::Operation, old);
        let panicked = remains.take_apart();
        if panicked > 0 {
            let versions = (from.image, self.to);
            self.loaded.panicked(self.ty, versions, panicked);
        }
        drop(entered);
        // Relaxed: as in `Registered::moved`.
        from.image.instances.fetch_sub(1, Ordering::Relaxed);
        super::leave(&self.loaded, from);
    }
}
