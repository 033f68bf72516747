//! What follows an update that was published: its old version drains, and the new one may be on
//! probation. All of it on the keeper's thread, none of it in the way of a call.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::core::Core;
use crate::drain::{Drain, OnDeadline};
use crate::events::{Progress, UpdateState};
use crate::load::Image;
use crate::rollback;
use crate::update::Change;
use crate::watch::{Limits, Watch};

/// Follows the calls that are in the version that was replaced.
pub(super) fn drain(
    core: &Arc<Core>,
    change: &Change,
    progress: Progress,
    deadline: Option<(Instant, OnDeadline)>,
) {
    let Change {
        running,
        image,
        calls,
        ..
    } = change;
    progress.reaches(UpdateState::Draining);
    let drain = Drain::begin(running, calls.clone());
    let draining = Draining {
        core: Arc::downgrade(core),
        published: image,
        drain,
        progress,
        deadline,
    };
    draining.look(core);
}

struct Draining {
    core: Weak<Core>,
    published: &'static Image,
    drain: Drain,
    progress: Progress,
    deadline: Option<(Instant, OnDeadline)>,
}

impl Draining {
    fn look(mut self, core: &Core) {
        if self.drain.is_done() {
            self.progress.reaches(UpdateState::Drained);
            return;
        }
        if let Some((deadline, on_deadline)) = self.deadline
            && deadline <= Instant::now()
        {
            self.deadline = None;
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
                    return rollback::because(core, self.published, &self.progress, &reason);
                }
            }
        }
        let pause = self.drain.pause();
        core.settings.keeper.after(pause, move || {
            if let Some(core) = self.core.upgrade() {
                self.look(&core);
            }
        });
    }
}

/// Has the calls of the new version counted for a time, and the update rolled back if they exceed
/// a limit.
pub(super) fn probation(
    core: &Arc<Core>,
    change: &Change,
    progress: Progress,
    time: Duration,
    limits: Limits,
) {
    let image = change.image;
    let weak = Arc::downgrade(core);
    let tell = {
        let weak = weak.clone();
        move |reason: String| {
            let Some(core) = weak.upgrade() else { return };
            let (weak, progress) = (weak.clone(), progress.clone());
            // Not on the thread of the call: it would wait for whoever updates.
            core.settings.keeper.after(Duration::ZERO, move || {
                if let Some(core) = weak.upgrade() {
                    rollback::because(&core, image, &progress, &reason);
                }
            });
        }
    };
    let watch = Arc::new(Watch::new(limits, tell));
    core.history().watch(image, watch.clone());
    core.settings.keeper.after(time, move || {
        if let Some(core) = weak.upgrade() {
            core.history().unwatch(image, &watch);
        }
    });
}
