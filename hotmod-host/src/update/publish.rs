//! publish: one store, and all that comes with it.

use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use hotmod_file::Refusal;
use hotmod_file::plan::{Plan, Way};

use crate::call::reading::MadeAside;
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::migrate::{Mismatch, Route};
use crate::module::history::{History, OnTrial, Previous};
use crate::module::left_behind::{DrainNumber, SeenCall};
use crate::module::loaded::Loaded;
use crate::module::retire;
use crate::module::task_round;
use crate::module::ticking;
use crate::update::follow::{self, Deadline};

/// What an update or a rollback changes, if it changes anything.
pub(crate) struct Change {
    pub(crate) running: &'static Image,
    pub(crate) image: &'static Image,
    pub(crate) route: Arc<Route>,
    /// The calls that were seen running before.
    pub(crate) calls: Vec<SeenCall>,
    /// What a version that is in use has made of its resources anew, if it becomes current again by a file.
    pub(crate) resources: Option<MadeAside>,
}

/// A version that takes the place of another. Updates, promotions and rollbacks are all published, reported
/// and followed in this way.
pub(crate) struct Publication<'a> {
    pub(crate) loaded: &'a Arc<Loaded>,
    pub(crate) change: &'a Change,
    pub(crate) progress: &'a Progress,
    /// The trial that it ends, as its version is published to all.
    pub(crate) promotes: Option<&'a dyn OnTrial>,
    /// Why it undoes the update before it, if it does.
    pub(crate) undoes: Option<&'a str>,
}

/// What is to be told of a publication, once it is made.
#[must_use = "subscribers are told of it, and the calls that it left behind are followed"]
pub(crate) struct Published {
    number: u64,
    /// The update before it, and why it undoes that.
    undone: Option<(Option<Previous>, String)>,
    /// The update whose version is current again.
    returned: Option<Progress>,
    drain: DrainNumber,
}

/// Lets new calls enter another version, and states follow. In the module's turn.
pub(crate) fn make_current(publication: &Publication<'_>) -> Published {
    // An image that was retired is read again before the history is locked.
    publication.change.image.revive();
    make_current_in(publication.loaded.history(), publication)
}

/// The same, with the module's history locked already.
pub(crate) fn make_current_in(
    mut history: MutexGuard<'_, History>,
    publication: &Publication<'_>,
) -> Published {
    let Publication {
        loaded,
        change,
        progress,
        promotes,
        undoes,
    } = *publication;
    change.image.enter_use();
    let generation = history.generation(change.image);
    let generation = generation.expect("bug in hotmod: a version was made ready without its links");
    loaded.add_route(&mut history, change.route.clone());
    // The watches on the version that is left are over: that version can no longer be undone by its calls.
    history.unwatch_all(change.running);
    loaded.pave(&history, generation);
    if let Some(trial) = promotes {
        trial.leave(&mut history);
    }
    loaded.publish(&mut history, generation);
    if let Some(trial) = promotes {
        trial.promoted();
    }
    history.note_undone(change.running, change.image, undoes);
    history.publications += 1;
    history.last_publication = Some(Instant::now());
    let number = history.publications;
    let before = history.previous.take();
    if undoes.is_none() {
        history.previous = Some(Previous {
            image: change.running,
            update: progress.clone(),
        });
    }
    // Calls that were left behind in that version are in the current one again.
    let returned = history.left.returns(change.image);
    let drain = history.left.leave(change.running, &change.calls, progress);
    history.note_leaving(change.running, progress);
    drop(history);
    Published {
        number,
        undone: undoes.map(|reason| (before, reason.to_owned())),
        returned,
        drain,
    }
}

impl Published {
    /// The number of the publication.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Tells of it, and follows the calls that it left behind. `deadline` is when they are to be over, and what
    /// is done if they are not.
    pub(crate) fn tell(
        self,
        loaded: &Arc<Loaded>,
        progress: &Progress,
        deadline: Option<Deadline>,
    ) {
        loaded.wakers.ring();
        ticking::start(loaded);
        task_round::start(loaded);
        retire::soon(loaded);
        match self.undone {
            // The update that is undone left these calls behind: its rollback is reported, and no drain.
            Some((before, reason)) => before
                .iter()
                .for_each(|it| it.update.reaches_because(UpdateState::RolledBack, &reason)),
            None => self
                .returned
                .iter()
                .for_each(|it| it.reaches(UpdateState::Drained)),
        }
        progress.reaches(UpdateState::Published);
        follow::drain(
            loaded,
            (self.number, self.drain),
            progress.clone(),
            deadline,
        );
    }
}

/// The route of states from one image to another: the known one, if states went there before.
pub(crate) fn route(
    loaded: &Loaded,
    way: Way,
    plan: &Plan,
    (from, to): (&'static Image, &'static Image),
) -> Result<Arc<Route>, Refusal> {
    if let Some(known) = loaded.history().route(way, from, to) {
        return Ok(known);
    }
    let route = Route::new(
        way,
        plan,
        (from, to),
        loaded.memory,
        loaded.settings.migration_threads,
    );
    route.map(Arc::new).map_err(|Mismatch| to.unlinked())
}
