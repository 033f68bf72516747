//! What follows an update that was published: its old version drains, and the new one may be on
//! probation. All of it on the keeper's thread, none of it in the way of a call.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::core::Core;
use crate::drain::{Drain, OnDeadline};
use crate::events::{Progress, UpdateState};
use crate::image::Image;
use crate::rollback;
use crate::watch::{Limits, Watch};

/// Follows the calls that a publication left behind. In the module's turn, so whatever takes turns
/// is left to the keeper.
pub(super) fn drain(
    core: &Arc<Core>,
    published: u64,
    mut drain: Drain,
    progress: Progress,
    deadline: Option<(Instant, OnDeadline)>,
) {
    progress.reaches(UpdateState::Draining);
    if drain.is_done() {
        progress.reaches(UpdateState::Drained);
        return;
    }
    let draining = Draining {
        core: Arc::downgrade(core),
        published,
        drain,
        progress,
        deadline,
    };
    draining.look_later(core);
}

struct Draining {
    core: Weak<Core>,
    published: u64,
    drain: Drain,
    progress: Progress,
    deadline: Option<(Instant, OnDeadline)>,
}

impl Draining {
    fn look_later(mut self, core: &Arc<Core>) {
        let pause = self.drain.pause();
        let pause = match self.deadline {
            Some((deadline, _)) => pause.min(deadline.saturating_duration_since(Instant::now())),
            None => pause,
        };
        core.settings.keeper.after(pause, move || {
            if let Some(core) = self.core.upgrade() {
                self.look(&core);
            }
        });
    }

    fn look(mut self, core: &Arc<Core>) {
        if self.drain.is_done() {
            self.progress.reaches(UpdateState::Drained);
            return;
        }
        let is_due = |(deadline, _): &mut (Instant, OnDeadline)| *deadline <= Instant::now();
        if let Some((_, on_deadline)) = self.deadline.take_if(is_due) {
            let stragglers = self.drain.stragglers(core);
            let lines = stragglers
                .iter()
                .map(|straggler| format!("\n  {straggler}"));
            let lines = lines.collect::<String>();
            let reason = format!("calls are still in the old version at the deadline:{lines}");
            match on_deadline {
                OnDeadline::Converge => {
                    self.progress
                        .reaches_because(UpdateState::Draining, &reason);
                }
                OnDeadline::Reverse => {
                    return rollback::because(core, self.published, self.progress, reason);
                }
            }
        }
        self.look_later(core);
    }
}

/// Has the calls of the new version counted for a time, and the update rolled back if they exceed
/// a limit.
pub(super) fn probation(
    core: &Arc<Core>,
    (published, image): (u64, &'static Image),
    progress: Progress,
    time: Duration,
    limits: Limits,
) {
    let weak = Arc::downgrade(core);
    let tell = {
        let weak = weak.clone();
        move |reason: String| {
            let Some(core) = weak.upgrade() else { return };
            let (weak, progress) = (weak.clone(), progress.clone());
            // Not on the thread of the call: it would wait for whoever updates.
            core.settings.keeper.after(Duration::ZERO, move || {
                if let Some(core) = weak.upgrade() {
                    rollback::because(&core, published, progress, reason);
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
