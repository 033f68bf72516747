//! What follows a publication: the version that it left drains, and the new one may be on probation.
//! All of it on the keeper's thread, none of it in the way of a call.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::call::watch::{CallLimits, Watch};
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::module::loaded::Core;
use crate::update::drain::{self, OnDeadline, Pause};
use crate::update::rollback;

/// Follows the calls that a publication, or a trial that is over, left behind. Waits for no turn:
/// whatever takes one is left to the keeper.
pub(crate) fn drain(
    core: &Arc<Core>,
    (published, number): (u64, u64),
    progress: Progress,
    deadline: Option<(Duration, OnDeadline)>,
) {
    progress.reaches(UpdateState::Draining);
    let deadline = deadline.and_then(|(time, on_deadline)| {
        Some(Deadline {
            time,
            at: Instant::now().checked_add(time)?,
            on_deadline,
        })
    });
    let draining = Draining {
        core: Arc::downgrade(core),
        published,
        number,
        pause: Pause::new(),
        progress,
        deadline,
    };
    if !draining.is_over(core) {
        draining.look_later(core);
    }
}

struct Deadline {
    time: Duration,
    at: Instant,
    on_deadline: OnDeadline,
}

struct Draining {
    core: Weak<Core>,
    published: u64,
    /// What the history knows the calls by.
    number: u64,
    pause: Pause,
    progress: Progress,
    deadline: Option<Deadline>,
}

impl Draining {
    /// Looks again. Whether nobody is to be followed any more.
    fn is_over(&self, core: &Core) -> bool {
        let is_drained = core.history().left.is_drained(self.number);
        if is_drained == Some(true) {
            core.drained.notify_all();
            self.progress.reaches(UpdateState::Drained);
        }
        // New calls enter that version again, and whoever let them has told it.
        is_drained != Some(false)
    }

    fn look_later(mut self, core: &Arc<Core>) {
        let pause = self.pause.next();
        let pause = match &self.deadline {
            Some(deadline) => pause.min(deadline.at.saturating_duration_since(Instant::now())),
            None => pause,
        };
        core.settings.keeper.after(pause, move || {
            if let Some(core) = self.core.upgrade() {
                self.look(&core);
            }
        });
    }

    fn look(mut self, core: &Arc<Core>) {
        if self.is_over(core) {
            return;
        }
        let is_due = |deadline: &mut Deadline| deadline.at <= Instant::now();
        if let Some(deadline) = self.deadline.take_if(is_due) {
            let calls = core.history().left.calls(self.number);
            let stragglers = drain::stragglers_of(core, &calls);
            let lines = stragglers
                .iter()
                .map(|straggler| format!("\n  {straggler}"));
            let lines = lines.collect::<String>();
            let reason = format!("calls are still in the version that was left:{lines}");
            match deadline.on_deadline {
                OnDeadline::Converge => {
                    self.progress
                        .reaches_because(UpdateState::Draining, &reason);
                }
                OnDeadline::Reverse => {
                    rollback::because(core, self.published, Some(deadline.time), reason);
                }
            }
        }
        self.look_later(core);
    }
}

/// Has the calls of the new version counted for a time, and the update rolled back if they exceed
/// a limit.
pub(crate) fn probation(
    core: &Arc<Core>,
    (published, image): (u64, &'static Image),
    (time, limits, drain_within): (Duration, CallLimits, Option<Duration>),
) {
    let weak = Arc::downgrade(core);
    let tell = {
        let weak = weak.clone();
        move |reason: String| {
            let Some(core) = weak.upgrade() else { return };
            let weak = weak.clone();
            // Not on the thread of the call: it would wait for whoever updates.
            core.settings.keeper.after(Duration::ZERO, move || {
                if let Some(core) = weak.upgrade() {
                    rollback::because(&core, published, drain_within, reason);
                }
            });
        }
    };
    let watch = Arc::new(Watch::new(limits, tell));
    core.history().watch(image, watch.clone());
    // Until then the watch may be gone: another version was published.
    let watch = Arc::downgrade(&watch);
    core.settings.keeper.after(time, move || {
        if let (Some(core), Some(watch)) = (weak.upgrade(), watch.upgrade()) {
            core.history().unwatch(image, &watch);
            // The calls may have become enough for a limit with one that kept it.
            watch.judge();
        }
    });
}
