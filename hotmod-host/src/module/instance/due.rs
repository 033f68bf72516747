//! Functions marked `#[hotmod::every]`, called with an instance.

use std::ptr;
use std::time::Instant;

use hotmod::interface::Interface;

use super::{Instance, InstanceState};
use crate::call::generation::Ticked;
use crate::call::slot::{self, Doing};
use crate::image::exports::LinkedTimer;
use crate::image::image::Image;
use crate::module::ticking;

/// What [`Instance::run_due`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DueReport {
    /// How many functions were called.
    pub ran: usize,
    /// What those said that panicked.
    pub panics: Vec<String>,
    /// When the next one is due; `None` if the version has none for such a state, or the state could not be taken there.
    pub next: Option<Instant>,
}

impl<I: Interface + ?Sized> Instance<I> {
    /// Whether the version that the instance is at has functions marked
    /// [`#[hotmod::every]`](macro@hotmod::every) for such a state. The host calls them for instances of pools and shared
    /// ones; the owner of any other calls [`run_due`](Instance::run_due).
    pub fn has_timers(&self) -> bool {
        let state = I::caller(&self.0);
        let exports = state.generation.image.exports();
        let ty = state.state_type(state.generation.image);
        exports
            .timers
            .iter()
            .any(|it| it.state.as_ref() == Some(ty))
    }

    /// Takes the state to the version that it follows, as any exclusive call does, and calls what is due: the
    /// functions marked [`#[hotmod::every]`](macro@hotmod::every) of the published version. Each is due a period after the
    /// first call of this method that knew it, and then at every further period; what is due more than once by now is
    /// called once. An instance at another version than the published one is called by none.
    ///
    /// For an instance that no pool holds and that is not shared. [`Module::timers`](crate::Module::timers) counts
    /// these calls, too.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use hotmod_host::{Instance, Interface};
    /// # fn serve<I: Interface + ?Sized>(mut world: Instance<I>) {
    /// loop {
    ///     let due = world.run_due();
    ///     let Some(next) = due.next else { break };
    ///     std::thread::sleep(next.saturating_duration_since(std::time::Instant::now()));
    /// }
    /// # }
    /// ```
    pub fn run_due(&mut self) -> DueReport {
        I::caller_mut(&mut self.0).run_due()
    }
}

impl InstanceState {
    fn run_due(&mut self) -> DueReport {
        self.follow();
        let image = self.generation.image;
        let mut report = DueReport::default();
        if !ptr::eq(image, self.loaded.current()) {
            return report;
        }
        let ty = self.state_type(image);
        let exports = image.exports();
        let timers = exports.timers.iter();
        let before = std::mem::take(&mut self.due);
        let mut due = Vec::new();
        for timer in timers.filter(|it| it.state.as_ref() == Some(ty)) {
            let now = Instant::now();
            let known = before.iter().find(|(name, _)| *name == timer.name);
            let mut at = known.map_or(now + timer.period, |(_, at)| *at);
            if at <= now {
                let ticked = self.tick(timer, image);
                report.ran += 1;
                if let Ticked::Panicked(_, message) = &ticked {
                    report.panics.push(message.clone());
                }
                if let Some(panic) = self.loaded.timers.note_own(&timer.name, image, ticked) {
                    ticking::tell(&self.loaded, &image.version, &panic);
                }
                at = (at + timer.period).max(now);
                if at == now {
                    at += timer.period;
                }
            }
            report.next = Some(report.next.map_or(at, |next| next.min(at)));
            due.push((timer.name.clone(), at));
        }
        self.due = due.into();
        report
    }

    /// Calls a function of this version that takes such a state, unless the state is at another version.
    pub(crate) fn tick(&mut self, timer: &LinkedTimer, image: &Image) -> Ticked {
        if !ptr::eq(self.generation.image, image) {
            return Ticked::Elsewhere;
        }
        debug_assert_eq!(
            timer.state.as_ref(),
            Some(self.state_type(self.generation.image))
        );
        let state = self.state.as_ptr().cast();
        let _entered = slot::enter_at(self.generation, Doing::Timer, state);
        // SAFETY: the timer is this version's own and takes states of this type, and `self` is exclusive.
        unsafe { self.generation.tick(timer, state) }
    }
}
