//! What follows a publication: the version that it left drains. The host's thread for later looks after
//! that, so that no call waits for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::call::slot::Doing;
use crate::call::suspended;
use crate::events::{Progress, UpdateState};
use crate::later::Pause;
use crate::module::left_behind::DrainNumber;
use crate::module::loaded::Loaded;
use crate::module::options::RollbackOptions;
use crate::update::drain;

/// Undoes a publication, given by its number, for a reason.
pub(crate) type RollBack = fn(&Arc<Loaded>, u64, RollbackOptions, String);

/// What is done about calls that are not over at their deadline, beside that they are reported.
pub(crate) enum Overdue {
    Report,
    /// The publication is undone.
    RollBack(RollBack),
    /// Those that are suspended are cancelled, and those that will be.
    Cancel,
}

/// When the calls that a publication leaves behind are to be over, and what is done if they are not.
pub(crate) struct Deadline {
    pub(crate) time: Duration,
    pub(crate) then: Overdue,
    /// For how long that takes instances along, if it does.
    pub(crate) settle: Option<Duration>,
}

/// Follows the calls that a publication, or a trial that is over, left behind. It does not wait for the
/// module's turn: what needs that is done later.
pub(crate) fn drain(
    loaded: &Arc<Loaded>,
    (publication, number): (u64, DrainNumber),
    progress: Progress,
    deadline: Option<Deadline>,
) {
    progress.reaches(UpdateState::Draining);
    let deadline = deadline.and_then(|deadline| {
        // A deadline that an `Instant` cannot hold never comes.
        let due = Instant::now().checked_add(deadline.time)?;
        Some((due, deadline))
    });
    let draining = Draining {
        publication,
        number,
        pause: Pause::new(),
        progress,
        deadline,
        cancels: false,
    };
    if draining.look_again(loaded) {
        draining.look_later(loaded);
    }
}

struct Draining {
    /// The number of the publication, by which it can be undone.
    publication: u64,
    /// The number by which the history knows the calls.
    number: DrainNumber,
    pause: Pause,
    progress: Progress,
    /// The deadline, with the moment at which it is due.
    deadline: Option<(Instant, Deadline)>,
    /// Whether calls that are suspended are to end.
    cancels: bool,
}

impl Draining {
    /// Looks again, and reports it if none of the calls is left. Returns whether some are to be followed
    /// on.
    fn look_again(&self, loaded: &Loaded) -> bool {
        let is_drained = loaded.history().left.end_if_drained(self.number);
        if is_drained == Some(true) {
            loaded.drained.notify_all();
            self.progress.reaches(UpdateState::Drained);
        }
        // `None`: new calls enter that version again, and the publication that let them has ended this
        // drain.
        is_drained == Some(false)
    }

    fn look_later(mut self, loaded: &Arc<Loaded>) {
        let pause = self.pause.next();
        let pause = match &self.deadline {
            Some((due, _)) => pause.min(due.saturating_duration_since(Instant::now())),
            None => pause,
        };
        loaded.after(pause, move |loaded| self.look(loaded));
    }

    fn look(mut self, loaded: &Arc<Loaded>) {
        if !self.look_again(loaded) {
            return;
        }
        let is_due = |(due, _): &mut (Instant, Deadline)| *due <= Instant::now();
        if let Some((_, deadline)) = self.deadline.take_if(is_due) {
            let history = loaded.history();
            let calls = history.left.calls(self.number);
            let image = history.left.drained_image(self.number);
            drop(history);
            let mut stragglers = drain::stragglers_of(loaded, &calls);
            stragglers.extend(image.iter().flat_map(|it| drain::suspended_in(loaded, it)));
            let lines = stragglers
                .iter()
                .map(|straggler| format!("\n  {straggler}"));
            let lines = lines.collect::<String>();
            let reason = format!("calls are still in the version that was left:{lines}");
            match deadline.then {
                Overdue::RollBack(roll_back) => {
                    let options = RollbackOptions {
                        drain_timeout: Some(deadline.time),
                        settle: deadline.settle,
                        only_at: None,
                    };
                    roll_back(loaded, self.publication, options, reason);
                }
                Overdue::Report => self
                    .progress
                    .reaches_because(UpdateState::Draining, &reason),
                Overdue::Cancel => {
                    let reason = format!("{reason}\n  those that are suspended are cancelled");
                    self.progress
                        .reaches_because(UpdateState::Draining, &reason);
                    self.cancels = true;
                }
            }
        }
        if self.cancels {
            let image = loaded.history().left.drained_image(self.number);
            // A task is told to stop, and has a deadline of its own.
            image
                .into_iter()
                .for_each(|image| suspended::cancel(image, |doing| doing != Doing::Task));
        }
        self.look_later(loaded);
    }
}
