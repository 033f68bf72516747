//! Taking the values of a state's `Lazy`s along that nothing uses.

use std::time::{Duration, Instant};

use hotmod::interface::Interface;

use super::{Instance, InstanceState};
use crate::call::generation::Generation;
use crate::call::slot::{self, Doing};
use crate::migrate::{Gathered, Position, SetAside, ValuesReport};
use crate::module::retire;

/// Says yes until so much time has passed.
fn within(budget: Duration) -> impl FnMut() -> bool {
    let start = Instant::now();
    move || start.elapsed() < budget
}

impl<I: Interface + ?Sized> Instance<I> {
    /// Takes the state to the current version, as [`migrate`](Instance::migrate) does, and then the values of its
    /// [`Lazy`](hotmod::Lazy)s, until the budget is spent; it takes one value at least, and may take twice as long as it
    /// needs to find those that are left. Called again, it goes on where it stopped. Values that are used meanwhile need
    /// no sweep.
    ///
    /// A state that stays at its version has its values taken there.
    pub fn sweep(&mut self, budget: Duration) -> ValuesReport {
        let state = I::caller_mut(&mut self.0);
        state.follow();
        // SAFETY: this is the only use of the instance.
        unsafe { state.sweep_values(false, &mut within(budget)) }
    }

    /// As [`sweep`](Instance::sweep), while other threads call the instance by shared reference: the state stays at the
    /// version that it is at, and its values are taken there.
    pub fn sweep_shared(&self, budget: Duration) -> ValuesReport
    where
        I: Sync,
    {
        let state = I::caller(&self.0);
        // SAFETY: other threads use the instance by shared reference only, as this one does, and `I: Sync` says
        // that its states may be.
        unsafe { state.sweep_values(true, &mut within(budget)) }
    }
}

/// Values of a state that are set aside, and where the state was then.
#[derive(Default)]
pub(crate) struct ValuesAside {
    pub(crate) values: SetAside,
    at: Option<(&'static Generation, usize)>,
}

impl InstanceState {
    /// Takes the values of the state's `Lazy`s to the version that the state is at, until `go_on` says no.
    ///
    /// # Safety
    ///
    /// Nothing else uses the state, or where it is `shared`, only through shared references, and then it is `Sync`.
    unsafe fn sweep_values(&self, shared: bool, go_on: &mut dyn FnMut() -> bool) -> ValuesReport {
        let start = Instant::now();
        let values = self.loaded.values;
        let places = values.places(self.generation.image, self.interface);
        let mut report = match places.is_any() {
            true => {
                let state = self.state.as_ptr().cast::<()>();
                let _entered = slot::enter_at(self.generation, Doing::Operation, state);
                // Another thread that sweeps meanwhile begins at the first.
                let (swept_to, address) = (&self.loaded.swept_to, state.addr());
                let mut position = swept_to.take(address);
                // SAFETY: the caller's; the places are those of states of this interface at this version.
                let report =
                    unsafe { values.sweep(&places, (self.state, shared), &mut position, go_on) };
                swept_to.keep(address, position);
                report
            }
            false => ValuesReport {
                is_complete: true,
                ..ValuesReport::default()
            },
        };
        report.took = start.elapsed();
        if report.followed > 0 {
            // One of them may have been the last at a version.
            retire::soon(&self.loaded);
        }
        report
    }

    /// Sets values of the state's `Lazy`s aside that are not at the version of the state, from this position on.
    ///
    /// # Safety
    ///
    /// As [`sweep_values`](InstanceState::sweep_values).
    pub(crate) unsafe fn set_values_aside(
        &self,
        shared: bool,
        position: &mut Position,
        aside: &mut ValuesAside,
        is_waited_for: &dyn Fn() -> bool,
    ) -> Gathered {
        let values = self.loaded.values;
        let places = values.places(self.generation.image, self.interface);
        if !places.is_any() {
            return Gathered::nothing();
        }
        let state = self.state.as_ptr().cast::<()>();
        aside.at = Some((self.generation, state.addr()));
        let _entered = slot::enter_at(self.generation, Doing::Operation, state);
        let (state, aside) = ((self.state, shared), &mut aside.values);
        // SAFETY: the caller's; the places are those of states of this interface at this version, which are `Send`.
        unsafe { values.set_aside(&places, state, position, aside, is_waited_for) }
    }
}

impl ValuesAside {
    /// Takes those along that are set aside, one at least, until `goes_on` says no. Calls this with whether each fits.
    pub(crate) fn take_along(
        &mut self,
        values: &crate::migrate::Values,
        goes_on: &dyn Fn() -> bool,
        mut each: impl FnMut(bool),
    ) {
        let Some((generation, state)) = self.at else {
            return;
        };
        while !self.values.is_empty() {
            // As a call of the state: a copy of the process that is made meanwhile leaves the state alone.
            let state = std::ptr::without_provenance_mut(state);
            let _entered = slot::enter_at(generation, Doing::Operation, state);
            if let Some(fits) = values.take_along(&mut self.values) {
                each(fits);
            }
            if !goes_on() {
                return;
            }
        }
    }
}
