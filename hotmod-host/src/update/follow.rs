//! What follows a publication: the version that it left drains. On the keeper's thread, never in the way of
//! a call.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::events::{Progress, UpdateState};
use crate::later::Pause;
use crate::module::loaded::Core;
use crate::update::drain;

/// Undoes a publication, given by its number, for a reason. The last but one is how long after that calls
/// are told of that are still in the version that is left.
pub(crate) type Reverse = fn(&Arc<Core>, u64, Option<Duration>, String);

/// When the calls that a publication leaves behind are to be over, and what is done if they are not.
pub(crate) struct Deadline {
    pub(crate) time: Duration,
    /// What undoes the publication, if that is to be done. If not, the calls are told of.
    pub(crate) reverse: Option<Reverse>,
}

/// Follows the calls that a publication, or a trial that is over, left behind. Waits for no turn:
/// whatever takes one is left to the keeper.
pub(crate) fn drain(
    core: &Arc<Core>,
    (published, number): (u64, u64),
    progress: Progress,
    deadline: Option<Deadline>,
) {
    progress.reaches(UpdateState::Draining);
    let deadline = deadline.and_then(|deadline| {
        // What is due after the end of time never is.
        let due = Instant::now().checked_add(deadline.time)?;
        Some((due, deadline))
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

struct Draining {
    core: Weak<Core>,
    published: u64,
    /// What the history knows the calls by.
    number: u64,
    pause: Pause,
    progress: Progress,
    /// With the moment at which it is due.
    deadline: Option<(Instant, Deadline)>,
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
            Some((due, _)) => pause.min(due.saturating_duration_since(Instant::now())),
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
        let is_due = |(due, _): &mut (Instant, Deadline)| *due <= Instant::now();
        if let Some((_, deadline)) = self.deadline.take_if(is_due) {
            let calls = core.history().left.calls(self.number);
            let stragglers = drain::stragglers_of(core, &calls);
            let lines = stragglers
                .iter()
                .map(|straggler| format!("\n  {straggler}"));
            let lines = lines.collect::<String>();
            let reason = format!("calls are still in the version that was left:{lines}");
            match deadline.reverse {
                Some(reverse) => reverse(core, self.published, Some(deadline.time), reason),
                None => self
                    .progress
                    .reaches_because(UpdateState::Draining, &reason),
            }
        }
        self.look_later(core);
    }
}
